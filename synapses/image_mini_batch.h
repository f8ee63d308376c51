// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "ATen/core/Tensor.h"
#include "synapses/image_classifier.h"

#include "bittensor/neuron/mini_batch.h"

namespace bittensor {

// A mini-batch of a model that tells classes of images apart. `images`: float32 [batch, channels,
// rows, cols], `labels`: int64 [batch], ImageClassifier::kNoLabel where unknown; both where the
// synapse is, which must outlive the batch. Scores: "loss" and "accuracy", of the network path by
// the joined predictions where there are some.
std::unique_ptr<MiniBatch> make_image_mini_batch(ImageClassifier& synapse, at::Tensor images,
                                                 at::Tensor labels);

}  // namespace bittensor
