// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/metagraph_table.h"

#include "bittensor/chain/open_chain.h"

namespace bittensor {

// A subnet as a chain has it. What the chain does not know, such as what a neuron serves, stays
// empty.
//
// Not thread-safe.
class ChainView {
 public:
  struct Options {
    ChainAddress address;
    std::uint16_t netuid = 1;
    std::string whose;  // the neuron whose weights are `weight`: how its hotkey begins
    std::chrono::milliseconds patience = std::chrono::seconds(120);
  };

  // Errors as open_chain().
  static absl::StatusOr<ChainView> open(const Options& options);

  // As of the newest block. Blocks. Errors as Chain::neurons(); kInvalidArgument if `whose` is
  // nobody or several.
  absl::StatusOr<std::vector<NeuronLine>> lines() const;

 private:
  ChainView(Options options, std::unique_ptr<Chain> chain)
      : options_(std::move(options)), chain_(std::move(chain)) {}

  Options options_;
  std::unique_ptr<Chain> chain_;
};

// The table of a snapshot, whose neurons last set weights so many blocks of 12 seconds ago.
absl::StatusOr<std::vector<NeuronLine>> lines_of(const NeuronSnapshot& snapshot,
                                                 const std::string& whose);

}  // namespace bittensor
