// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/chain/neurons.h"
#include "bittensor/chain/subtensor/scale_value.h"

namespace bittensor {

// A number that each neuron has. Runtimes keep it as one list a subnet, in storage and in what
// get_metagraph answers.
struct NeuronList {
  const char* entry;   // of storage
  const char* member;  // of the answer; null if it lacks it
  void (*set)(ChainNeuron&, std::uint64_t);
};
inline constexpr std::size_t kNeuronListCount = 10;
extern const std::array<NeuronList, kNeuronListCount> kNeuronLists;

// Gives neuron i the number values[i], as far as both go. kInvalidArgument if one is no number.
absl::Status set_numbers(const NeuronList& list, const std::vector<ScaleValue>& values,
                         std::vector<ChainNeuron>& neurons);

// Reads what SubnetInfoRuntimeApi_get_metagraph answers: an optional struct of lists, whose members
// are found by the names that `types` gives those of `output`. What it lacks stays 0; weights,
// stakes and trust of validators are not in it. kNotFound if there is no such subnet;
// kInvalidArgument, kUnimplemented: something else tells.
absl::StatusOr<std::vector<ChainNeuron>> read_metagraph(const TypeRegistry& types, TypeId output,
                                                        std::uint16_t netuid,
                                                        absl::string_view answer);

// Reads what NeuronInfoRuntimeApi_get_neurons_lite answers for `netuid`: bare, as runtimes from
// 240 on do, or as bytes in bytes. Weights and blocks of registration are not in it.
// kInvalidArgument unless it is exactly that, uid after uid: then storage tells.
absl::StatusOr<std::vector<ChainNeuron>> read_neurons_lite(std::uint16_t netuid,
                                                           absl::string_view answer);

// Values of storage. kInvalidArgument for anything else.
absl::StatusOr<ChainWeightRow> read_weight_row(absl::string_view bytes);
absl::StatusOr<AxonInfo> axon_of(const ScaleValue& value);

}  // namespace bittensor
