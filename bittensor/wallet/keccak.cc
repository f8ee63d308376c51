// SPDX-License-Identifier: MIT
#include "bittensor/wallet/keccak.h"

#include <cstddef>
#include <cstring>
#include <type_traits>

namespace bittensor {
namespace {

constexpr std::size_t kKeccakRounds = 24;
constexpr std::size_t kKeccakRate = 136;  // bytes, of Keccak-256

// The tables of FIPS 202, computed as its sections 3.2.2, 3.2.3 and 3.2.5 define them.
struct Tables {
  std::array<int, 25> rotation{};                       // rho, of the lane that is read
  std::array<std::size_t, 25> source{};                 // pi: which lane that is
  std::array<std::uint64_t, kKeccakRounds> constant{};  // iota
};

constexpr Tables make_tables() {
  Tables tables;
  std::size_t x = 1;
  std::size_t y = 0;
  for (int t = 0; t < 24; ++t) {
    tables.rotation[x + 5 * y] = (t + 1) * (t + 2) / 2 % 64;
    const std::size_t next = (2 * x + 3 * y) % 5;
    x = y;
    y = next;
  }
  for (x = 0; x < 5; ++x) {
    for (y = 0; y < 5; ++y) tables.source[x + 5 * y] = (x + 3 * y) % 5 + 5 * x;
  }
  unsigned shift_register = 1;
  for (std::uint64_t& constant : tables.constant) {
    for (int j = 0; j < 7; ++j) {
      if ((shift_register & 1) != 0) constant |= std::uint64_t{1} << ((1 << j) - 1);
      shift_register = (shift_register << 1) ^ (shift_register >> 7) * 0x171;
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

constexpr std::uint64_t rotate_left(std::uint64_t lane, int bits) {
  return bits == 0 ? lane : lane << bits | lane >> (64 - bits);
}

// One round from `a` into `b`. Lane by lane of the result, with all indices known to the compiler,
// so that the lanes stay in registers: arrays and loops take twice as long.
template <std::size_t Y>
inline void keccak_row(const KeccakState& a, const std::array<std::uint64_t, 5>& d,
                       KeccakState& b) {
  const auto lane = [&](auto x) {
    constexpr std::size_t kFrom = kTables.source[decltype(x)::value + 5 * Y];
    return rotate_left(a[kFrom] ^ d[kFrom % 5], kTables.rotation[kFrom]);
  };
  const std::uint64_t c0 = lane(std::integral_constant<std::size_t, 0>());
  const std::uint64_t c1 = lane(std::integral_constant<std::size_t, 1>());
  const std::uint64_t c2 = lane(std::integral_constant<std::size_t, 2>());
  const std::uint64_t c3 = lane(std::integral_constant<std::size_t, 3>());
  const std::uint64_t c4 = lane(std::integral_constant<std::size_t, 4>());
  b[5 * Y] = c0 ^ (~c1 & c2);
  b[5 * Y + 1] = c1 ^ (~c2 & c3);
  b[5 * Y + 2] = c2 ^ (~c3 & c4);
  b[5 * Y + 3] = c3 ^ (~c4 & c0);
  b[5 * Y + 4] = c4 ^ (~c0 & c1);
}

inline void keccak_round(const KeccakState& a, KeccakState& b, std::uint64_t constant) {
  const auto parity = [&](std::size_t x) {
    return a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
  };
  const std::uint64_t p0 = parity(0);
  const std::uint64_t p1 = parity(1);
  const std::uint64_t p2 = parity(2);
  const std::uint64_t p3 = parity(3);
  const std::uint64_t p4 = parity(4);
  const std::array<std::uint64_t, 5> d{p4 ^ rotate_left(p1, 1), p0 ^ rotate_left(p2, 1),
                                       p1 ^ rotate_left(p3, 1), p2 ^ rotate_left(p4, 1),
                                       p3 ^ rotate_left(p0, 1)};
  keccak_row<0>(a, d, b);
  keccak_row<1>(a, d, b);
  keccak_row<2>(a, d, b);
  keccak_row<3>(a, d, b);
  keccak_row<4>(a, d, b);
  b[0] ^= constant;
}

}  // namespace

void keccak_f1600(KeccakState& state) {
  KeccakState other;
  for (std::size_t i = 0; i < kKeccakRounds; i += 2) {
    keccak_round(state, other, kTables.constant[i]);
    keccak_round(other, state, kTables.constant[i + 1]);
  }
}

std::array<std::uint8_t, 32> keccak256(absl::string_view message) {
  KeccakState state{};
  auto* const bytes = reinterpret_cast<std::uint8_t*>(state.data());
  while (true) {
    const absl::string_view block = message.substr(0, kKeccakRate);
    for (std::size_t i = 0; i < block.size(); ++i) bytes[i] ^= static_cast<std::uint8_t>(block[i]);
    if (block.size() < kKeccakRate) break;
    keccak_f1600(state);
    message.remove_prefix(kKeccakRate);
  }
  bytes[message.size()] ^= 0x01;
  bytes[kKeccakRate - 1] ^= 0x80;
  keccak_f1600(state);
  std::array<std::uint8_t, 32> hash{};
  std::memcpy(hash.data(), bytes, hash.size());
  return hash;
}

}  // namespace bittensor
