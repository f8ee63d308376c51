// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

#include "bittensor/wallet/keccak.h"

namespace bittensor {

// A Merlin transcript (merlin.cool): what a proof was told, in order, and challenges that follow
// from all of it. Made of STROBE-128 (strobe.sourceforge.io, version 1.0.2), of which it uses
// AD, meta-AD and PRF. Wiped from memory when it goes.
//
// Not thread-safe.
class Transcript {
 public:
  explicit Transcript(absl::string_view label);
  ~Transcript();
  Transcript(const Transcript&) = default;
  Transcript& operator=(const Transcript&) = default;

  // `message` is shorter than 2^32 bytes.
  void append(absl::string_view label, absl::string_view message);

  void challenge(absl::string_view label, std::uint8_t* bytes, std::size_t size);

 private:
  void begin(std::uint8_t flags);
  void meta(absl::string_view label, std::size_t size);
  void absorb(absl::string_view bytes);
  void absorb_byte(std::uint8_t byte);
  void run();
  std::uint8_t& at(std::size_t position) {
    return reinterpret_cast<std::uint8_t*>(state_.data())[position];
  }

  KeccakState state_{};
  std::size_t position_ = 0;
  std::uint8_t begin_ = 0;  // of the operation, one more than its position
};

}  // namespace bittensor
