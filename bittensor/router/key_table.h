// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "torch/nn/module.h"

#include "bittensor/metagraph/synapse_record.h"

namespace bittensor {

// A trained key per synapse: what a gate knows about it. The table has a fixed
// number of slots, so that strangers who come and go cannot make it grow: a
// newcomer takes a free slot or the one that was asked for longest ago.
//
// Whose key a slot holds is a buffer of the module and is saved and loaded with it.
//
// Not thread-safe.
class KeyTable : public torch::nn::Module {
 public:
  KeyTable(std::int64_t max_keys, std::int64_t key_dim);

  std::int64_t max_keys() const { return keys_.size(0); }

  // The keys of `synapses`, [n, key_dim], in their order. Differentiable. A newcomer begins with a
  // key of unit variance that its public key determines, so that it is the same in every run.
  // Throws c10::Error if there are more than max_keys().
  at::Tensor forward(absl::Span<const SynapseRecord> synapses);

  // The parameter of all slots, [max_keys, key_dim].
  const at::Tensor& keys() const { return keys_; }

  // The slots that got new owners since the last call, int64 [n]. An optimizer's moments of them
  // are the former owners' and would drive the newcomers' keys on: forget_rows() of the toolbox.
  at::Tensor take_reassigned();

 private:
  using Newcomer = std::pair<std::int64_t, PublicKey>;  // slot and who gets it

  std::vector<std::int64_t> slots_of(absl::Span<const SynapseRecord> synapses);
  void move_in(const std::vector<Newcomer>& newcomers);

  at::Tensor keys_;    // parameter [max_keys, key_dim]
  at::Tensor owners_;  // buffer uint8 [max_keys, 32]: public keys
  at::Tensor used_;    // buffer int64 [max_keys]: number of the last call that asked; 0: free
  std::set<std::int64_t> reassigned_;
};

}  // namespace bittensor
