// SPDX-License-Identifier: MIT
#include "bittensor/wallet/transcript.h"

#include <sodium.h>

namespace bittensor {
namespace {

constexpr std::size_t kStrobeRate = 166;  // bytes, at 128 bits of security

// STROBE's flags of an operation: inbound, of the application, of a cipher, about what follows.
constexpr std::uint8_t kI = 1;
constexpr std::uint8_t kA = 2;
constexpr std::uint8_t kC = 4;
constexpr std::uint8_t kM = 16;

absl::string_view view_of(const std::array<char, 4>& bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace

Transcript::Transcript(absl::string_view label) {
  constexpr std::array<std::uint8_t, 6> kDomain{1, kStrobeRate + 2, 1, 0, 1, 12 * 8};
  constexpr absl::string_view kVersion = "STROBEv1.0.2";
  for (std::size_t i = 0; i < kDomain.size(); ++i) at(i) = kDomain[i];
  for (std::size_t i = 0; i < kVersion.size(); ++i) {
    at(kDomain.size() + i) = static_cast<std::uint8_t>(kVersion[i]);
  }
  keccak_f1600(state_);
  begin(kM | kA);
  absorb("Merlin v1.0");
  append("dom-sep", label);
}

Transcript::~Transcript() {
  sodium_memzero(state_.data(), sizeof state_);
}

void Transcript::append(absl::string_view label, absl::string_view message) {
  meta(label, message.size());
  begin(kA);
  absorb(message);
}

void Transcript::challenge(absl::string_view label, std::uint8_t* bytes, std::size_t size) {
  meta(label, size);
  begin(kI | kA | kC);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = at(position_);
    at(position_) = 0;
    if (++position_ == kStrobeRate) run();
  }
}

// What comes: its label and size. Both are one operation to STROBE.
void Transcript::meta(absl::string_view label, std::size_t size) {
  begin(kM | kA);
  absorb(label);
  std::array<char, 4> number{};
  for (std::size_t i = 0; i < number.size(); ++i) number[i] = static_cast<char>(size >> (8 * i));
  absorb(view_of(number));
}

void Transcript::begin(std::uint8_t flags) {
  const std::uint8_t before = begin_;
  begin_ = static_cast<std::uint8_t>(position_ + 1);
  absorb_byte(before);
  absorb_byte(flags);
  if ((flags & kC) != 0 && position_ != 0) run();
}

void Transcript::absorb(absl::string_view bytes) {
  for (const char byte : bytes) absorb_byte(static_cast<std::uint8_t>(byte));
}

void Transcript::absorb_byte(std::uint8_t byte) {
  at(position_) ^= byte;
  if (++position_ == kStrobeRate) run();
}

void Transcript::run() {
  at(position_) ^= begin_;
  at(position_ + 1) ^= 0x04;
  at(kStrobeRate + 1) ^= 0x80;
  keccak_f1600(state_);
  position_ = 0;
  begin_ = 0;
}

}  // namespace bittensor
