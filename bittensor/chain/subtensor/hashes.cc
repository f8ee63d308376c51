// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/hashes.h"

#include <sodium.h>

#include "bittensor/base/check.h"

namespace bittensor {
namespace {

constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87, kPrime2 = 0xC2B2AE3D27D4EB4F,
                        kPrime3 = 0x165667B19E3779F9, kPrime4 = 0x85EBCA77C2B2AE63,
                        kPrime5 = 0x27D4EB2F165667C5;

std::uint64_t rotate(std::uint64_t value, int bits) {
  return value << bits | value >> (64 - bits);
}

std::uint64_t read(absl::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;)
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

std::uint64_t round(std::uint64_t lane, std::uint64_t input) {
  return rotate(lane + input * kPrime2, 31) * kPrime1;
}

// What the lanes of 32 bytes leave; moves `at` behind them.
std::uint64_t lanes(absl::string_view bytes, std::uint64_t seed, std::size_t& at) {
  std::uint64_t lane[] = {seed + kPrime1 + kPrime2, seed + kPrime2, seed, seed - kPrime1};
  for (; at + 32 <= bytes.size(); at += 32) {
    for (std::size_t i = 0; i < 4; ++i) lane[i] = round(lane[i], read(bytes, at + 8 * i, 8));
  }
  std::uint64_t hash =
      rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) + rotate(lane[3], 18);
  for (const std::uint64_t value : lane) hash = (hash ^ round(0, value)) * kPrime1 + kPrime4;
  return hash;
}

}  // namespace

std::uint64_t xxh64(absl::string_view bytes, std::uint64_t seed) {
  std::size_t at = 0;
  std::uint64_t hash = bytes.size() >= 32 ? lanes(bytes, seed, at) : seed + kPrime5;
  hash += bytes.size();
  for (; at + 8 <= bytes.size(); at += 8) {
    hash = rotate(hash ^ round(0, read(bytes, at, 8)), 27) * kPrime1 + kPrime4;
  }
  for (; at + 4 <= bytes.size(); at += 4) {
    hash = rotate(hash ^ read(bytes, at, 4) * kPrime1, 23) * kPrime2 + kPrime3;
  }
  for (; at < bytes.size(); ++at) {
    hash = rotate(hash ^ read(bytes, at, 1) * kPrime5, 11) * kPrime1;
  }
  hash = (hash ^ hash >> 33) * kPrime2;
  hash = (hash ^ hash >> 29) * kPrime3;
  return hash ^ hash >> 32;
}

std::string twox(absl::string_view bytes, std::size_t size) {
  std::string hash;
  for (std::uint64_t seed = 0; hash.size() < size; ++seed) {
    std::uint64_t part = xxh64(bytes, seed);
    for (int i = 0; i < 8; ++i, part >>= 8) hash.push_back(static_cast<char>(part & 0xff));
  }
  return hash;
}

std::string blake2b(absl::string_view bytes, std::size_t size) {
  std::string hash(size, '\0');
  const int failed = crypto_generichash_blake2b(
      reinterpret_cast<unsigned char*>(&hash[0]), size,
      reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr, 0);
  BITTENSOR_CHECK(failed == 0) << size << " bytes of BLAKE2b";
  return hash;
}

}  // namespace bittensor
