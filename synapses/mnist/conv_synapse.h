// SPDX-License-Identifier: MIT
#pragma once

#include "synapses/image_classifier.h"
#include "torch/nn/modules/conv.h"
#include "torch/nn/modules/linear.h"

namespace bittensor {

// A small convolutional network for digits, as LeNet-5 (LeCun et al. 1998, "Gradient-based learning
// applied to document recognition"): two convolutions with pooling, then a linear layer. Takes
// images of any size; those that are not grey are made so. Not thread-safe.
class ConvSynapse : public ImageClassifier {
 public:
  ConvSynapse();

  Schema schema() const override { return image_schema({-1, -1, -1}); }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<ConvSynapse>(); }
  torch::Tensor encode(const torch::Tensor& images) override;

 private:
  torch::nn::Conv2d edges_{nullptr};
  torch::nn::Conv2d shapes_{nullptr};
  torch::nn::Linear features_{nullptr};
};

}  // namespace bittensor
