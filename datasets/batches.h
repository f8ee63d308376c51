// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "ATen/core/Tensor.h"
#include "datasets/augmentation.h"
#include "datasets/labelled_images.h"

namespace bittensor {

// One mini-batch. `size` is the batch size, less in an epoch's last batch.
struct Batch {
  at::Tensor images;  // float32 [size, channels, rows, cols], normalised
  at::Tensor labels;  // int64 [size]
};

// Pixels become (pixel / 255 - mean) / deviation, one mean and deviation per channel.
struct Normalisation {
  std::vector<double> mean = {0.0};
  std::vector<double> deviation = {1.0};
};

// A data set in mini-batches, shuffled anew each epoch. The batch of a step, with its images'
// shifts and mirrors, depends on the seed and the step alone, so a run that resumes at step n
// sees what it would have seen.
//
// Not thread-safe.
class Batches {
 public:
  struct Options {
    std::int64_t batch_size = 64;
    bool shuffle = true;     // false: the data's own order, as a test loop wants it
    std::uint64_t seed = 0;  // of the shuffle and the augmentation; the same on every machine
    Normalisation normalisation;
    Augmentation augmentation = {};
  };

  // `data` must hold at least one sample, `options` at least one per batch, and the
  // normalisation either one entry or one for each of the data's channels.
  Batches(LabelledImages data, Options options);

  // Batches in an epoch; the last one may be smaller.
  std::int64_t per_epoch() const;

  // The batch of `step` ≥ 0, counted from the start of training through all epochs.
  Batch at(std::int64_t step);

 private:
  void shuffle_for(std::int64_t epoch);
  void normalise(std::int64_t sample, const View& view, float* into) const;

  const LabelledImages data_;
  const Options options_;
  std::vector<float> scale_;  // per channel: normalised = pixel * scale + shift
  std::vector<float> shift_;
  std::vector<std::int64_t> order_;  // the epoch's permutation
  std::int64_t epoch_ = -1;          // of order_; -1: the data's own order
};

}  // namespace bittensor
