// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace bittensor {

// BLAKE2b with 64 bytes of result (RFC 7693), fed piece by piece so that large content
// need not lie in one place.
//
// Not thread-safe.
class Hasher {
 public:
  static constexpr std::size_t kSize = 64;

  Hasher();
  void add(absl::string_view bytes);
  // The hash of all that was added, 64 bytes. Nothing may follow.
  std::string finish();

 private:
  // libsodium's state, whose header stays out of ours.
  alignas(64) std::array<unsigned char, 384> state_;
};

}  // namespace bittensor
