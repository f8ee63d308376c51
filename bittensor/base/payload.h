// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace bittensor {

// The bytes of one message, in pieces that are not copied on their way from a
// tensor to the socket. Cheap to copy: the pieces are shared.
//
// Not thread-safe; two copies may be used by two threads.
class Payload {
 public:
  struct Slice {
    absl::string_view bytes;
    std::shared_ptr<const void> owner;  // keeps `bytes` alive and unchanged
  };

  Payload() = default;
  explicit Payload(std::string bytes) { append(std::move(bytes)); }

  void append(std::string bytes);
  void append(absl::string_view bytes, std::shared_ptr<const void> owner);
  void append(const Payload& other);

  std::size_t size() const { return size_; }
  const std::vector<Slice>& slices() const { return slices_; }

  // A copy of all bytes in one piece.
  std::string flatten() const;

 private:
  std::vector<Slice> slices_;
  std::size_t size_ = 0;
};

}  // namespace bittensor
