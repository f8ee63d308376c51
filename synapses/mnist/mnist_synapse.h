// SPDX-License-Identifier: MIT
#pragma once

#include "synapses/image_classifier.h"
#include "torch/nn/modules/linear.h"

namespace bittensor {

// Digits: an encoder of two linear layers over 32 x 32 grey pixels.
//
// Takes images of any size and any number of channels, which it averages: float32
// [batch, channels, rows, cols], normalised as mnist_normalisation() says.
//
// Learns with SGD, momentum 0.9, learning rate 0.03 falling within each epoch (examples/mnist): one
// epoch of batches of 64 gives more than 97 % of the test set.
class MnistSynapse : public ImageClassifier {
 public:
  struct Options {
    std::int64_t encoder = 512;  // hidden units of the encoder
    bool deep = false;           // a second layer of as many
    ImageClassifier::Sizes sizes = of_task("mnist");
  };

  explicit MnistSynapse(const Options& options);
  MnistSynapse() : MnistSynapse(Options{}) {}

  Schema schema() const override;
  std::shared_ptr<Synapse> fresh() const override;
  torch::Tensor encode(const torch::Tensor& images) override;

 private:
  const Options options_;
  torch::nn::Linear pixels_{nullptr};
  torch::nn::Linear more_{nullptr};
  torch::nn::Linear features_{nullptr};
};

}  // namespace bittensor
