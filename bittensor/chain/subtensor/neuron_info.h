// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/chain/neurons.h"

namespace bittensor {

// Reads what NeuronInfoRuntimeApi_get_neurons_lite answers for `netuid`: bare, as runtimes from
// 240 on do, or as bytes in bytes. Weights and blocks of registration are not in it.
// kInvalidArgument unless it is exactly that, uid after uid: then storage tells.
absl::StatusOr<std::vector<ChainNeuron>> read_neurons_lite(std::uint16_t netuid,
                                                           absl::string_view answer);

// Values of storage. kInvalidArgument for anything else.
absl::StatusOr<ChainWeightRow> read_weight_row(absl::string_view bytes);
absl::StatusOr<std::vector<std::uint64_t>> read_numbers(absl::string_view bytes,
                                                        std::size_t bytes_each);

}  // namespace bittensor
