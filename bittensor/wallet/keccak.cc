// SPDX-License-Identifier: MIT
#include "bittensor/wallet/keccak.h"

#include <cstddef>
#include <cstring>
#include <utility>

namespace bittensor {
namespace {

constexpr int kRounds = 24;
constexpr std::size_t kRate = 136;  // bytes, of Keccak-256

// The tables of FIPS 202, computed as its sections 3.2.2, 3.2.3 and 3.2.5 define them.
struct Tables {
  std::array<int, 25> rotation{};                 // rho, of the lane that is read
  std::array<std::size_t, 25> target{};           // pi: where that lane goes
  std::array<std::uint64_t, kRounds> constant{};  // iota
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
    for (y = 0; y < 5; ++y) tables.target[x + 5 * y] = y + 5 * ((2 * x + 3 * y) % 5);
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

// The loops are unrolled here, as not every compiler does it by itself: three times as fast.
template <std::size_t... Lane>
inline void theta(KeccakState& a, std::index_sequence<Lane...> /*lanes*/) {
  std::array<std::uint64_t, 5> c{};
  for (std::size_t x = 0; x < 5; ++x) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
  ((a[Lane] ^= c[(Lane + 4) % 5] ^ rotate_left(c[(Lane + 1) % 5], 1)), ...);
}

template <std::size_t... Lane>
inline void rho_pi_chi(KeccakState& a, std::index_sequence<Lane...> /*lanes*/) {
  KeccakState b;
  ((b[kTables.target[Lane]] = rotate_left(a[Lane], kTables.rotation[Lane])), ...);
  ((a[Lane] = b[Lane] ^ (~b[Lane / 5 * 5 + (Lane + 1) % 5] & b[Lane / 5 * 5 + (Lane + 2) % 5])),
   ...);
}

}  // namespace

void keccak_f1600(KeccakState& state) {
  constexpr auto kLanes = std::make_index_sequence<25>();
  for (int round = 0; round < kRounds; ++round) {
    theta(state, kLanes);
    rho_pi_chi(state, kLanes);
    state[0] ^= kTables.constant[static_cast<std::size_t>(round)];
  }
}

std::array<std::uint8_t, 32> keccak256(absl::string_view message) {
  KeccakState state{};
  auto* const bytes = reinterpret_cast<std::uint8_t*>(state.data());
  while (true) {
    const absl::string_view block = message.substr(0, kRate);
    for (std::size_t i = 0; i < block.size(); ++i) bytes[i] ^= static_cast<std::uint8_t>(block[i]);
    if (block.size() < kRate) break;
    keccak_f1600(state);
    message.remove_prefix(kRate);
  }
  bytes[message.size()] ^= 0x01;
  bytes[kRate - 1] ^= 0x80;
  keccak_f1600(state);
  std::array<std::uint8_t, 32> hash{};
  std::memcpy(hash.data(), bytes, hash.size());
  return hash;
}

}  // namespace bittensor
