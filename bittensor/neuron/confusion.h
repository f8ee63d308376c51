// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "ATen/core/Tensor.h"

#include "bittensor/neuron/mini_batch.h"
#include "bittensor/watch/png.h"

namespace bittensor {

// How often each class was taken for each, and some images of what was misread.
class Confusion {
 public:
  // A sample that was taken for another class.
  struct Misread {
    Picture picture;
    std::int64_t label;
    std::int64_t predicted;
  };
  static constexpr std::size_t kMaxMisread = 16;
  static constexpr std::int64_t kMaxClasses = 100;

  // What the local path said last about `batch`. Nothing for a batch without classes.
  void add(const MiniBatch& batch);

  bool empty() const { return counts_.empty(); }
  const std::vector<std::vector<std::int64_t>>& counts() const { return counts_; }
  const std::vector<Misread>& misread() const { return misread_; }

 private:
  std::vector<std::vector<std::int64_t>> counts_;  // [label][predicted]
  std::vector<Misread> misread_;
};

// Values of any range, [channels, rows, columns] with 1 or 3 channels, as a picture from the least
// to the largest.
Picture picture_of(const at::Tensor& image);

}  // namespace bittensor
