// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "synapses/dpn/dual_path_network.h"
#include "synapses/image_classifier.h"

namespace bittensor {

// Photographs: a Dual Path Network as the encoder.
//
// Takes images of any size and any number of channels, float32 [batch, channels, rows, cols],
// normalised as cifar10_normalisation() says: they are brought to `side` x `side` pixels, and those
// of another number of channels than the layout's to grey, the same in each of its channels. So an
// image costs the same whoever sends it.
class DpnSynapse : public ImageClassifier {
 public:
  struct Options {
    DpnLayout layout = dpn26_small();  // except its outputs: network_dim of them
    std::int64_t side = 32;            // pixels
    ImageClassifier::Sizes sizes = of_task("cifar10");
  };

  explicit DpnSynapse(const Options& options);
  DpnSynapse() : DpnSynapse(Options{}) {}

  Schema schema() const override;
  std::shared_ptr<Synapse> fresh() const override;
  torch::Tensor encode(const torch::Tensor& images) override;

 private:
  torch::Tensor fitted(const torch::Tensor& images) const;

  const Options options_;
  std::shared_ptr<DualPathNetwork> encoder_;
};

}  // namespace bittensor
