// SPDX-License-Identifier: MIT
#include "synapses/mnist/mnist_synapse.h"

#include "synapses/mnist/grey_pixels.h"
#include "torch/nn/modules/linear.h"
#include "torch/types.h"

namespace bittensor {
namespace {

constexpr std::int64_t kSide = 32;  // pixels

}  // namespace

MnistSynapse::MnistSynapse(const Options& options)
    : ImageClassifier(options.sizes), options_(options) {
  using torch::nn::Linear;
  pixels_ = register_module("pixels", Linear(kSide * kSide, options.encoder));
  if (options.deep) more_ = register_module("more", Linear(options.encoder, options.encoder));
  features_ = register_module("features", Linear(options.encoder, options.sizes.network_dim));
}

Schema MnistSynapse::schema() const {
  return image_schema({-1, -1, -1});
}

std::shared_ptr<Synapse> MnistSynapse::fresh() const {
  return std::make_shared<MnistSynapse>(options_);
}

torch::Tensor MnistSynapse::encode(const torch::Tensor& images) {
  auto hidden = torch::relu(pixels_->forward(grey_pixels(images, kSide).flatten(1)));
  if (options_.deep) hidden = torch::relu(more_->forward(hidden));
  return torch::relu(features_->forward(hidden));
}

}  // namespace bittensor
