// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/base/executor.h"
#include "bittensor/chain/rpc/endpoint.h"
#include "bittensor/chain/rpc/rpc_client.h"

namespace bittensor {

// A TCP connection to a node, in plain or with TLS, where no step takes longer than until its
// deadline. What is under way ends with kCancelled a tenth of a second after RpcOptions::closed
// says so.
//
// Not thread-safe, but for wake().
class Connection {
 public:
  // Connects. With TLS the node's certificate must be of an authority that is trusted and for the
  // endpoint's host, else kPermissionDenied. kUnavailable, kDeadlineExceeded. A name's look-up
  // takes as long as the system lets it.
  static absl::StatusOr<std::unique_ptr<Connection>> open(const Endpoint& endpoint,
                                                          const RpcOptions& options,
                                                          TimePoint deadline);
  virtual ~Connection() = default;

  // All of it. kUnavailable if the connection breaks.
  virtual absl::Status write(absl::string_view bytes, TimePoint deadline) = 0;

  // What has come, `size` bytes at most, once there is something: then at least one. 0: woken.
  // kOutOfRange if the other side has closed, kUnavailable if the connection broke.
  virtual absl::StatusOr<std::size_t> read(char* into, std::size_t size, TimePoint deadline) = 0;

  // Lets a read() that waits, or the next one that would, return 0. From any thread.
  virtual void wake() = 0;
};

}  // namespace bittensor
