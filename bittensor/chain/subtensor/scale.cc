// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/scale.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"

namespace bittensor {

void ScaleReader::fail(const char* error) {
  if (error_ != nullptr) return;
  error_ = error;
  failed_at_ = whole_.size() - rest_.size();
  rest_ = {};
}

absl::Status ScaleReader::status() const {
  if (error_ == nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("SCALE: ", error_, " at byte ", failed_at_, " of ", whole_.size()));
}

absl::Status ScaleReader::finish() {
  if (!rest_.empty()) fail("bytes are left over");
  return status();
}

absl::string_view ScaleReader::take(std::size_t size) {
  if (size > rest_.size()) {
    fail("the value is cut off");
    return {};
  }
  const absl::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

absl::uint128 ScaleReader::little_endian(std::size_t size) {
  const absl::string_view bytes = take(size);
  absl::uint128 value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  }
  return value;
}

bool ScaleReader::boolean() {
  const std::uint8_t value = u8();
  if (value > 1) fail("a truth value is neither 0 nor 1");
  return ok() && value == 1;
}

std::array<std::uint8_t, 32> ScaleReader::bytes32() {
  std::array<std::uint8_t, 32> bytes{};
  const absl::string_view taken = take(bytes.size());
  std::copy(taken.begin(), taken.end(), bytes.begin());
  return bytes;
}

absl::uint128 ScaleReader::compact() {
  if (rest_.empty()) {
    fail("the value is cut off");
    return 0;
  }
  const auto first = static_cast<std::uint8_t>(rest_.front());
  const int mode = first & 3;
  if (mode < 3) {
    const absl::uint128 value = little_endian(std::size_t{1} << mode) >> 2;
    if (mode > 0 && value < (mode == 1 ? 1u << 6 : 1u << 14)) {
      fail("a compact number is longer than it needs to be");
    }
    return ok() ? value : 0;
  }
  const std::size_t size = (first >> 2) + 4u;
  if (size > 16) {
    fail("a compact number is too large");
    return 0;
  }
  rest_.remove_prefix(1);
  const absl::uint128 value = little_endian(size);
  if ((value >> (8 * size - 8)) == 0 || value < (1u << 30)) {
    fail("a compact number is longer than it needs to be");
  }
  return ok() ? value : 0;
}

std::uint64_t ScaleReader::compact_u64() {
  const absl::uint128 value = compact();
  if (absl::Uint128High64(value) != 0) fail("a compact number is too large");
  return ok() ? absl::Uint128Low64(value) : 0;
}

std::size_t ScaleReader::length(std::size_t least_size) {
  const std::uint64_t count = compact_u64();
  if (least_size > 0 && count > rest_.size() / least_size) {
    fail("a list is longer than its bytes");
    return 0;
  }
  return count;
}

void ScaleWriter::little_endian(absl::uint128 value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes_.push_back(static_cast<char>(absl::Uint128Low64(value) & 0xff));
    value >>= 8;
  }
}

void ScaleWriter::compact(absl::uint128 value) {
  if (value < (1u << 6)) return little_endian(value << 2, 1);
  if (value < (1u << 14)) return little_endian(value << 2 | 1, 2);
  if (value < (1u << 30)) return little_endian(value << 2 | 2, 4);
  std::size_t size = 4;
  while (size < 16 && (value >> (8 * size)) != 0) ++size;
  u8(static_cast<std::uint8_t>((size - 4) << 2 | 3));
  little_endian(value, size);
}

}  // namespace bittensor
