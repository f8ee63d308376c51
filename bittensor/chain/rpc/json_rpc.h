// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace bittensor {

using Json = nlohmann::json;

// What a node may send in one message. The answer for 4,096 neurons has 3 MB.
constexpr std::size_t kMaxRpcBytes = std::size_t{64} << 20;

// JSON that a stranger wrote. kInvalidArgument if it is none, has more than 262,144 values or is
// nested deeper than 64.
absl::StatusOr<Json> parse_json(absl::string_view text);

// A call of JSON-RPC 2.0.
std::string rpc_request(std::uint64_t id, absl::string_view method, const Json& params);

// What a node sends: an answer to a call, or a notification of a subscription.
struct RpcMessage {
  std::optional<std::uint64_t> id;  // none: a notification
  std::string subscription;         // of a notification, as text
  // The answer. An error of the node's: kUnimplemented if it does not have the method,
  // kFailedPrecondition if it refuses an extrinsic as invalid, kAlreadyExists if it has it,
  // kAborted if another extrinsic has its place, otherwise kInternal.
  absl::StatusOr<Json> result = Json();
};

// kInvalidArgument if it is neither.
absl::StatusOr<RpcMessage> read_rpc_message(absl::string_view text);

// The number in the header of a block; kInvalidArgument if it has none.
absl::StatusOr<std::uint64_t> number_of_header(const Json& header);

}  // namespace bittensor
