// SPDX-License-Identifier: MIT
#include "synapses/mnist/mnist_synapse.h"

#include <array>

#include "torch/torch.h"

namespace bittensor {
namespace {

constexpr std::int64_t kSide = 32;  // pixels

// [batch, channels, rows, cols] -> [batch, kSide * kSide]
torch::Tensor grey_pixels(const torch::Tensor& images) {
  auto grey = images.size(1) == 1 ? images : images.mean(/*dim=*/1, /*keepdim=*/true);
  const std::array<std::int64_t, 2> size = {kSide, kSide};
  return torch::upsample_bilinear2d(grey, size, /*align_corners=*/false).flatten(1);
}

}  // namespace

MnistSynapse::MnistSynapse(const Options& options)
    : ImageClassifier(options.sizes), options_(options) {
  using torch::nn::Linear;
  pixels_ = register_module("pixels", Linear(kSide * kSide, options.encoder));
  features_ = register_module("features", Linear(options.encoder, options.sizes.network_dim));
}

Schema MnistSynapse::schema() const {
  return image_schema({-1, -1, -1});
}

std::shared_ptr<Synapse> MnistSynapse::fresh() const {
  return std::make_shared<MnistSynapse>(options_);
}

torch::Tensor MnistSynapse::encode(const torch::Tensor& images) {
  const auto hidden = torch::relu(pixels_->forward(grey_pixels(images)));
  return torch::relu(features_->forward(hidden));
}

}  // namespace bittensor
