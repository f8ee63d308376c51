// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "torch/types.h"

namespace bittensor {

// Where vectors are written, row by row.
//
// Not thread-safe.
class VectorFile {
 public:
  // Of `path`: "" is standard output; what ends with .npy becomes a float32 array [rows, features]
  // in numpy's format, which is kept in memory until it is finished; another file, like standard
  // output, gets a line with a JSON array for each row. The file is there once it is finished.
  static absl::StatusOr<std::unique_ptr<VectorFile>> create(const std::string& path);

  virtual ~VectorFile() = default;
  // float32 [rows, features], on the CPU.
  virtual absl::Status append(const torch::Tensor& vectors) = 0;
  virtual absl::Status finish() = 0;
};

}  // namespace bittensor
