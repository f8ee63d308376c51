// SPDX-License-Identifier: MIT
#include "synapses/dpn/dpn_synapse.h"

#include <array>

#include "torch/types.h"

namespace bittensor {

DpnSynapse::DpnSynapse(const Options& options) : ImageClassifier(options.sizes), options_(options) {
  DpnLayout layout = options.layout;
  layout.outputs = options.sizes.network_dim;
  encoder_ = register_module("encoder", std::make_shared<DualPathNetwork>(layout));
}

Schema DpnSynapse::schema() const {
  return image_schema({-1, -1, -1});
}

std::shared_ptr<Synapse> DpnSynapse::fresh() const {
  return std::make_shared<DpnSynapse>(options_);
}

// [batch, any, any, any] -> [batch, channels, side, side], channels-last in memory: oneDNN and
// cuDNN convolve it without bringing it into another order first, and so all of the network's.
torch::Tensor DpnSynapse::fitted(const torch::Tensor& images) const {
  const std::int64_t channels = options_.layout.channels;
  torch::Tensor fit = images;
  if (fit.size(1) != channels) fit = fit.mean(/*dim=*/1, /*keepdim=*/true);
  const std::array<std::int64_t, 2> size = {options_.side, options_.side};
  if (fit.sizes().slice(2) != at::IntArrayRef(size)) {
    fit = torch::upsample_bilinear2d(fit, size, /*align_corners=*/false);
  }
  return fit.expand({-1, channels, -1, -1}).contiguous(at::MemoryFormat::ChannelsLast);
}

torch::Tensor DpnSynapse::encode(const torch::Tensor& images) {
  return torch::relu(encoder_->forward(fitted(images)));
}

}  // namespace bittensor
