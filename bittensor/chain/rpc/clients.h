// SPDX-License-Identifier: MIT
//
// The two kinds of clients that connect_rpc() chooses from.
#pragma once

#include <memory>

#include "absl/status/statusor.h"

#include "bittensor/chain/rpc/rpc_client.h"

namespace bittensor::internal {

absl::StatusOr<std::unique_ptr<RpcClient>> connect_web_socket(const Endpoint& endpoint,
                                                              const RpcOptions& options,
                                                              TimePoint deadline);
std::unique_ptr<RpcClient> make_http_client(const Endpoint& endpoint, const RpcOptions& options);

}  // namespace bittensor::internal
