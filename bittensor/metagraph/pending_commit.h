// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/chain/action.h"

namespace bittensor {

// Weights that are committed on a chain and have to be revealed in a later epoch. They are kept in
// a file, so that a neuron that is started again still reveals them: the chain has only their hash.
struct PendingCommit {
  WeightsCommit weights;
  std::uint64_t reveal_epoch = 0;
};

// The file at `path` holds this commit of `hotkey` or what it held before. Only its owner can read
// it: until they are revealed the weights are a secret. Blocks.
absl::Status write_commit(const std::string& path, const AccountId& hotkey,
                          const PendingCommit& commit);

// What is kept at `path` for `hotkey` and the subnet. kNotFound if nothing is, or that of another
// neuron or subnet; kDataLoss if the file is not one of write_commit().
absl::StatusOr<PendingCommit> read_commit(const std::string& path, const AccountId& hotkey,
                                          std::uint16_t netuid);

}  // namespace bittensor
