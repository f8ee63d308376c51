// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "bittensor/base/executor.h"
#include "bittensor/chain/rpc/endpoint.h"
#include "bittensor/chain/rpc/json_rpc.h"

namespace bittensor {

// Asks a node. Calls block until the answer is there or `deadline` has passed.
//
// Thread-safe: several calls may be under way.
class RpcClient {
 public:
  virtual ~RpcClient() = default;

  // `params` is a list. Errors of the node as RpcMessage's; kUnavailable if the connection is
  // gone or the node does not keep to the protocol; kDeadlineExceeded.
  virtual absl::StatusOr<Json> call(const std::string& method, const Json& params,
                                    TimePoint deadline) = 0;

  // The header of the node's best block, as soon as its number is not `seen`. Errors as call();
  // kDeadlineExceeded if there was no other block.
  virtual absl::StatusOr<Json> next_head(std::uint64_t seen, TimePoint deadline) = 0;

  // Calls under way and later ones end soon, with kCancelled. Does nothing where RpcOptions::closed
  // does it, or calls do not wait.
  virtual void close() {}
};

struct RpcOptions {
  // Certificates (PEM) that a node with TLS may be signed by; empty: those of the system.
  std::string ca_file;
  // Once it is true, all that is under way ends within a tenth of a second.
  std::shared_ptr<const std::atomic<bool>> closed;
};

// Connects to a node by what the endpoint says. kUnavailable, with the address and the reason,
// if it cannot be reached; kPermissionDenied if its certificate is not for it.
absl::StatusOr<std::unique_ptr<RpcClient>> connect_rpc(const Endpoint& endpoint,
                                                       const RpcOptions& options,
                                                       TimePoint deadline);

}  // namespace bittensor
