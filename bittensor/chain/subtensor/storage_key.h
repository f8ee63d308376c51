// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/chain/subtensor/metadata.h"
#include "bittensor/chain/subtensor/scale_value.h"

namespace bittensor {

// Where the value of `pallet`.`entry` at `keys` lies in the chain's storage. With fewer keys than
// the map has: what the places of all values below them begin with.
// kNotFound if the runtime has no such storage; kInvalidArgument if a key does not fit.
absl::StatusOr<std::string> storage_key(const Metadata& metadata, absl::string_view pallet,
                                        absl::string_view entry,
                                        const std::vector<ScaleValue>& keys = {});

// The last key of the map, read back from a place: only for hashers that keep it (Identity and
// those that concatenate). kInvalidArgument if the place does not begin with `prefix`, the keys
// before it, or does not end with such a key.
absl::StatusOr<ScaleValue> last_key_of(const Metadata& metadata, const StorageEntry& entry,
                                       absl::string_view prefix, absl::string_view place);

}  // namespace bittensor
