// SPDX-License-Identifier: MIT
//
// Yuma consensus: what neurons' weights of each other add up to. Those who have stake give
// weights; what a stake-weighted majority does not agree on is cut off; who is valued by the rest
// has incentive, and who valued them early and rightly has dividends.
//
// This is one epoch of Subtensor (epoch/run_epoch.rs, with Yuma3 off), computed in the same
// fixed point and equal to it bit for bit. Pure: no state, no clock, safe on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace bittensor {

inline constexpr std::size_t kMaxYumaNeurons = 4096;

// A row of weights or bonds: (column, value), in any order, no column twice. Only the ratios of
// a row's weights count, and those of a column's bonds.
using YumaRow = std::vector<std::pair<std::uint16_t, std::uint16_t>>;

// Each list has one element for each neuron, by uid.
struct YumaNeurons {
  std::vector<std::uint64_t> stake;  // in any unit; their sum below 2^63
  std::vector<bool> permits;         // who may give weights, as the last epoch decided
  std::vector<YumaRow> weights;
  std::vector<YumaRow> bonds;                // of the last epoch; or empty: none
  std::vector<std::uint64_t> last_update;    // blocks: when weights were set
  std::vector<std::uint64_t> registered_at;  // blocks
  // With commit-reveal, the block of the oldest commit that still waits, kNoCommit if none waits;
  // or empty, without.
  std::vector<std::uint64_t> oldest_commit;

  static constexpr std::uint64_t kNoCommit = std::numeric_limits<std::uint64_t>::max();
};

// What a subnet sets; the defaults are the chain's.
struct YumaParameters {
  std::uint64_t block = 0;
  std::uint64_t tempo = 99;                      // blocks between epochs
  std::optional<std::uint64_t> last_step_block;  // newer chains: of the last epoch
  std::uint64_t activity_cutoff = 5000;          // blocks until who sets no weights is inactive
  std::uint16_t kappa = 32767;                   // the majority, in 1/65535
  std::uint16_t bonds_penalty = 65535;           // for weights above consensus, in 1/65535
  std::uint64_t bonds_moving_average = 900'000;  // what stays of old bonds, in 1/1,000,000
  std::size_t max_validators = 128;
  std::uint64_t stake_threshold = 0;   // who has less has none
  std::optional<std::uint16_t> owner;  // uid: always permitted, may value itself
  std::uint64_t emission = 0;          // to share out, in rao
};

// Proportions are in 1/65535.
struct YumaResult {
  std::vector<std::uint16_t> rank;       // stake behind a neuron, clipped at consensus, of all
  std::vector<std::uint16_t> trust;      // what clipping left of that stake
  std::vector<std::uint16_t> consensus;  // the weight that a majority gives at least
  std::vector<std::uint16_t> incentive;
  std::vector<std::uint16_t> dividends;
  std::vector<std::uint16_t> validator_trust;  // what clipping left of one's weights
  std::vector<bool> permits;                   // from now on
  std::vector<bool> active;
  std::vector<YumaRow> bonds;           // columns rising, no zeros
  std::vector<std::uint64_t> emission;  // rao
  std::vector<std::uint64_t> server_emission;
  std::vector<std::uint64_t> validator_emission;
};

// kInvalidArgument, with what and where, if the lists differ in length, there are more than
// kMaxYumaNeurons, a column is out of range or stands twice in a row, the stakes overflow, or a
// parameter is out of its range. Takes some 10 ms for 1,024 neurons with 64 weights each, and
// memory of about 32 bytes for each weight and bond.
absl::StatusOr<YumaResult> yuma_epoch(const YumaNeurons& neurons, const YumaParameters& parameters);

}  // namespace bittensor
