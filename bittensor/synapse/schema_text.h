// SPDX-License-Identifier: MIT
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/synapse/schema.h"

namespace bittensor {

// A schema in its short form, as a command line has it: MODALITY[:SIZES[:DTYPE]].
//
//   "image:3x32x32"    float32 [batch, 3, 32, 32]
//   "image:1x?x?"      of any height and width
//   "tensor:512"       float32 [batch, 512]
//   "tensor:?:int64"   int64 [batch, any]
//   "text"
//
// The answer is [batch, kDefaultNetworkDim], and there is no task. kInvalidArgument quotes what
// is wrong.
absl::StatusOr<Schema> parse_schema(absl::string_view text);

}  // namespace bittensor
