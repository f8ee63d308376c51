// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/chain/subtensor/metadata.h"
#include "bittensor/chain/subtensor/scale_value.h"

namespace bittensor {

// What a block says has happened in it.
struct ChainEvent {
  std::optional<std::uint32_t> extrinsic;  // which one of the block's; none: of the block itself
  std::string pallet;                      // "SubtensorModule"
  std::string name;                        // "AxonServed"
  ScaleValue fields;
};

// Reads the value of System.Events.
absl::StatusOr<std::vector<ChainEvent>> read_events(const Metadata& metadata,
                                                    absl::string_view bytes);

// How extrinsic number `index` ended: ok; kFailedPrecondition with the pallet's name for the
// error; kDataLoss if the events do not say.
absl::Status outcome_of(const Metadata& metadata, const std::vector<ChainEvent>& events,
                        std::uint32_t index);

}  // namespace bittensor
