// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace bittensor {

// A file that grows, and is open only while it does: a disk can be unmounted, and others may move
// the file away. What is flushed is in it whole or not at all.
//
// Not thread-safe.
class AppendedFile {
 public:
  static constexpr std::size_t kMaxWaiting = std::size_t{1} << 20;

  explicit AppendedFile(std::string path) : path_(std::move(path)) {}

  // For the next flush(). Dropped if that much waits already, since none worked for long.
  void add(absl::string_view bytes) {
    if (waiting_.size() + bytes.size() <= kMaxWaiting) waiting_.append(bytes.data(), bytes.size());
  }

  // Whether all that waited is in the file now; if not, it still waits.
  bool flush();

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string waiting_;
};

}  // namespace bittensor
