// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include <unistd.h>

namespace bittensor {

// A descriptor of an open file, closed with its owner.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() { close(); }
  File(File&& other) noexcept : fd_(other.release()) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

  void close() {
    if (fd_ >= 0) ::close(release());
  }
  // The descriptor, which the caller then owns.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace bittensor
