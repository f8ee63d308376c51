// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace bittensor {

// Holds a file for this process alone, until it is destroyed or the process ends (flock(2)).
class FileLock {
 public:
  // kFailedPrecondition if another process holds the file at `path`, which must exist.
  static absl::StatusOr<FileLock> acquire(const std::string& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace bittensor
