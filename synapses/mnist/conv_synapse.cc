// SPDX-License-Identifier: MIT
#include "synapses/mnist/conv_synapse.h"

#include "synapses/mnist/grey_pixels.h"
#include "torch/nn/modules/conv.h"
#include "torch/nn/modules/linear.h"
#include "torch/types.h"

namespace bittensor {
ConvSynapse::ConvSynapse() : ImageClassifier(of_task("mnist")) {
  using torch::nn::Conv2dOptions;
  edges_ = register_module("edges", torch::nn::Conv2d(Conv2dOptions(1, 16, 5)));     // 28 x 28
  shapes_ = register_module("shapes", torch::nn::Conv2d(Conv2dOptions(16, 32, 5)));  // 10 x 10
  features_ = register_module("features", torch::nn::Linear(32 * 5 * 5, kDefaultNetworkDim));
}

torch::Tensor ConvSynapse::encode(const torch::Tensor& images) {
  const auto pooled = [](const torch::Tensor& maps) {
    return torch::max_pool2d(torch::relu(maps), /*kernel_size=*/2);
  };
  const auto maps = pooled(edges_->forward(grey_pixels(images, /*side=*/32)));
  return torch::relu(features_->forward(pooled(shapes_->forward(maps)).flatten(1)));
}

}  // namespace bittensor
