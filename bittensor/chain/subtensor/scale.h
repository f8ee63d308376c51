// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// Reads SCALE, the encoding of Substrate: little endian, no names, no types on the wire.
//
// A stranger's bytes: after the first read that goes wrong every read gives zero and nothing,
// and status() says what it was. So a caller reads a whole value and asks once.
//
// Not thread-safe. The bytes must outlive it.
class ScaleReader {
 public:
  explicit ScaleReader(absl::string_view bytes) : whole_(bytes), rest_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(little_endian(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(little_endian(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(little_endian(4)); }
  std::uint64_t u64() { return absl::Uint128Low64(little_endian(8)); }
  absl::uint128 u128() { return little_endian(16); }
  bool boolean();  // wrong unless 0 or 1
  std::array<std::uint8_t, 32> bytes32();

  // A number in 1, 2, 4 or 5 to 17 bytes. Wrong if it is written in more bytes than it needs.
  absl::uint128 compact();
  std::uint64_t compact_u64();  // wrong if it is more
  // How many elements follow: wrong if there are not at least `least_size` bytes for each.
  std::size_t length(std::size_t least_size);

  // The next `size` bytes, or a compact length and so many.
  absl::string_view take(std::size_t size);
  absl::string_view byte_string() { return take(length(1)); }
  std::string text() { return std::string(byte_string()); }

  absl::string_view rest() const { return rest_; }
  bool ok() const { return error_ == nullptr; }
  // kInvalidArgument with what was wrong and at which byte.
  absl::Status status() const;
  // The same, and an error if bytes are left over.
  absl::Status finish();

  void fail(const char* error);

 private:
  absl::uint128 little_endian(std::size_t size);

  absl::string_view whole_;
  absl::string_view rest_;
  const char* error_ = nullptr;
  std::size_t failed_at_ = 0;
};

// Writes SCALE.
//
// Not thread-safe.
class ScaleWriter {
 public:
  void u8(std::uint8_t value) { little_endian(value, 1); }
  void u16(std::uint16_t value) { little_endian(value, 2); }
  void u32(std::uint32_t value) { little_endian(value, 4); }
  void u64(std::uint64_t value) { little_endian(value, 8); }
  void u128(absl::uint128 value) { little_endian(value, 16); }
  void boolean(bool value) { u8(value ? 1 : 0); }
  void compact(absl::uint128 value);
  void append(absl::string_view bytes) { bytes_.append(bytes.data(), bytes.size()); }
  void byte_string(absl::string_view bytes) {
    compact(bytes.size());
    append(bytes);
  }
  // The low `size` bytes of `value`.
  void little_endian(absl::uint128 value, std::size_t size);

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace bittensor
