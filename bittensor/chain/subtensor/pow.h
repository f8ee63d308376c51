// SPDX-License-Identifier: MIT
//
// The proof of work that Subtensor asks of who registers without paying: a number whose seal,
// hashed with a recent block and the hotkey, is small enough.
//   seal = keccak256(sha256(nonce (8 bytes, little-endian) ++ keccak256(block hash ++ hotkey)))
// is good if, as a little-endian number, it times the difficulty stays below 2^256.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"

#include "bittensor/base/executor.h"

namespace bittensor {

struct PowTask {
  std::array<std::uint8_t, 32> block_hash{};  // at most three blocks older than who includes it
  std::array<std::uint8_t, 32> hotkey{};
  std::uint64_t difficulty = 0;  // seals to try, on average
  bool big_endian = false;       // how the runtime reads a seal as a number
};

using PowSeal = std::array<std::uint8_t, 32>;

PowSeal pow_seal(const PowTask& task, std::uint64_t nonce);
// Whether the seal, a number of 256 bits, times the difficulty is still one.
bool is_good_seal(const PowSeal& seal, std::uint64_t difficulty, bool big_endian = false);

struct PowSolution {
  std::uint64_t nonce = 0;
  PowSeal seal{};
};

struct PowProgress {
  std::uint64_t tried = 0;
  Duration time{};
};

struct PowOptions {
  int threads = 0;  // 0: one a core
  // Where to begin; others that solve for the same hotkey should begin elsewhere.
  std::uint64_t first_nonce = 0;
  Duration progress_every = std::chrono::seconds(1);
  std::function<void(const PowProgress&)> on_progress;  // on the thread that waits
};

// Blocks until a good seal is found or `cancelled` becomes true, which is looked at each
// millisecond or so: kCancelled. kInvalidArgument for a difficulty of 0 or threads below 0.
// Its threads end before it returns.
absl::StatusOr<PowSolution> solve_pow(const PowTask& task, const PowOptions& options,
                                      const std::atomic<bool>& cancelled);

}  // namespace bittensor
