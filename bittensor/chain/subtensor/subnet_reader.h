// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "bittensor/chain/hyperparameters.h"
#include "bittensor/chain/neurons.h"
#include "bittensor/chain/subtensor/events.h"
#include "bittensor/chain/subtensor/node.h"
#include "bittensor/chain/subtensor/runtime.h"

namespace bittensor {

// Reads a subnet at one block: every storage item by name, a thousand values a question.
//
// Thread-safe: it does not change. What it is given must outlive it.
class SubnetReader {
 public:
  SubnetReader(const Node& node, std::shared_ptr<const Runtime> runtime, std::uint16_t netuid,
               std::uint64_t block, std::string block_hash, TimePoint deadline)
      : node_(node),
        runtime_(std::move(runtime)),
        netuid_(netuid),
        block_(block),
        block_hash_(std::move(block_hash)),
        deadline_(deadline) {}

  // kNotFound if there is no such subnet.
  absl::StatusOr<SubnetHyperparameters> hyperparameters() const;

  // Everything: through the runtime's get_metagraph, else get_neurons_lite, if it has one of a form
  // that is known, and the rest from storage; else from storage alone.
  absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> read_all() const;
  absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> read_all_from_storage() const;

  // `before` with what these events of later blocks changed; what an epoch changes is read for
  // all. So a stake that grows by itself is as old as the last read_all().
  absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> read_changes(
      const NeuronSnapshot& before, const std::vector<ChainEvent>& events) const;

 private:
  using Values = std::vector<std::optional<std::string>>;

  std::shared_ptr<NeuronSnapshot> empty_snapshot() const;
  // The values of a map of this subnet, `keys` behind the netuid. None for all if the runtime
  // has no such map.
  absl::StatusOr<Values> values_of(const char* entry, const std::vector<ScaleValue>& keys) const;
  absl::StatusOr<std::size_t> count() const;
  // Everything but shares, of the neurons of these uids.
  absl::Status read_rows(const std::set<std::uint16_t>& uids, NeuronSnapshot& snapshot) const;
  absl::Status read_keys(const std::vector<ScaleValue>& uids,
                         const std::vector<ChainNeuron*>& neurons) const;
  absl::Status read_weights(const std::vector<ScaleValue>& uids,
                            const std::vector<ChainNeuron*>& neurons) const;
  absl::Status read_accounts(const std::vector<ChainNeuron*>& neurons) const;
  absl::Status read_stakes(const std::vector<ChainNeuron*>& neurons) const;
  absl::Status read_registrations(const std::vector<ScaleValue>& uids,
                                  const std::vector<ChainNeuron*>& neurons) const;
  // Shares, emission and the like: all, or what get_metagraph lacks.
  absl::Status read_lists(NeuronSnapshot& snapshot, bool all) const;
  // A value of storage; kUnavailable, with the entry's name, if the bytes are none.
  absl::StatusOr<ScaleValue> value_in(const char* entry, const std::string& bytes) const;
  absl::StatusOr<std::uint64_t> number_in(const char* entry, const std::string& bytes) const;
  // What the runtime's functions for it say.
  absl::StatusOr<std::vector<ChainNeuron>> call_metagraph() const;
  absl::StatusOr<std::vector<ChainNeuron>> call_neurons_lite() const;
  // The neurons that an event may have changed, as far as they are known.
  void add_changed(const ChainEvent& event, const NeuronSnapshot& snapshot,
                   std::set<std::uint16_t>& uids) const;

  const Node& node_;
  const std::shared_ptr<const Runtime> runtime_;
  const std::uint16_t netuid_;
  const std::uint64_t block_;
  const std::string block_hash_;
  const TimePoint deadline_;
};

}  // namespace bittensor
