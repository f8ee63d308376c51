// SPDX-License-Identifier: MIT
//
// The part of a data set that one neuron has, so that what neurons learn from each other is not
// what they have themselves.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/labelled_images.h"

namespace bittensor {

// The label of a sample whose label the neuron is not told.
inline constexpr std::int64_t kNoLabel = -100;

// Neurons with the same `of`, `seed` and `skew` and different numbers have no sample in common,
// whatever else they are told, on every machine.
struct ShareOptions {
  int number = 1;          // which share, from 1
  int of = 1;              // how many there are; 1: all of the data is one
  std::uint64_t seed = 1;  // of the partition
  // Dirichlet parameter of the labels; 0: every share has them as the data has them.
  double skew = 0;
  std::int64_t labels = 0;  // how many samples of a share keep their labels; 0: all
  bool unlabelled = false;  // whether the others are kept, with kNoLabel, or left out
};

// The samples (indices into `labels`) of each of `of` shares, in random order, so that the first n
// of a share are like the whole. Each sample is in one share; their sizes differ by one at most.
//
// With a skew > 0 each share draws how frequent each label is from a symmetric Dirichlet
// distribution (Hsu, Qi and Brown 2019, arXiv 1909.06335): with 0.3 most lack most labels. Shares
// take their samples in turns, and where a label has run out, of the others.
std::vector<std::vector<std::int64_t>> partition(const std::vector<std::int64_t>& labels, int of,
                                                 std::uint64_t seed, double skew);

// The samples that `share` names: first the labelled ones, then, if wanted, the others. The whole
// data set, in its own order, if all of it is asked for. kInvalidArgument if there are fewer
// samples than shares.
absl::StatusOr<LabelledImages> share_of(const LabelledImages& data, const ShareOptions& share);

// Which of `of` shares each of `count` items goes to, from 0: for things in order, such as years.
// Of every `of` items in a row each share gets one, drawn by `seed`.
std::vector<int> deal(std::size_t count, int of, std::uint64_t seed);

}  // namespace bittensor
