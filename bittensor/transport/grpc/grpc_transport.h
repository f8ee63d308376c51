// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "bittensor/base/mutex.h"
#include "bittensor/transport/tls.h"
#include "bittensor/transport/transport.h"

namespace bittensor {

namespace grpc_internal {
class ChannelPool;
class EventLoop;
}  // namespace grpc_internal

// The Transport of real neurons: gRPC over HTTP/2 and TCP. A Message is a plain
// unary call, its body the protobuf message, its envelope the metadata
// "bittensor-envelope-bin", so that any gRPC client can call a neuron. Bodies are
// copied neither on their way out nor on their way in.
//
// A listener also answers grpc.health.v1.Health/Check and gRPC's server reflection, which
// knows the messages of the protos that the program links.
//
// on_reply runs on one thread of the transport, started with its first call, handlers on
// one thread of each listener. The destructor closes the transport and waits for the
// on_reply under way, so it must not run in one of them.
class GrpcTransport final : public Transport {
 public:
  struct Options {
    // A reply that says it is longer is refused before it is read, whatever the call allows.
    std::size_t max_reply_bytes = 64 * 1024 * 1024;
    // Peers whose connections are kept.
    std::size_t max_connections = 512;
    // None: plain text.
    std::optional<Tls> tls;
  };

  GrpcTransport() : GrpcTransport(Options()) {}
  explicit GrpcTransport(const Options& options);
  ~GrpcTransport() override;

  absl::StatusOr<std::unique_ptr<Listener>> listen(const std::string& address,
                                                   std::vector<std::string> methods,
                                                   std::size_t max_message_bytes,
                                                   Handler handler) override;

  void call(const std::string& address, const std::string& method, Message message,
            TimePoint deadline, std::size_t max_reply_bytes, ReplyFn on_reply) override;

  void close() override BITTENSOR_EXCLUDES(mutex_);

 private:
  class Call;

  // Enters a call among those that close() cancels and the destructor waits for.
  absl::Status enter(Call* call) BITTENSOR_EXCLUDES(mutex_);
  void leave(Call* call) BITTENSOR_EXCLUDES(mutex_);

  const std::optional<Tls> tls_;
  const std::unique_ptr<grpc_internal::ChannelPool> channels_;
  Mutex mutex_;
  std::condition_variable_any idle_;
  bool closed_ BITTENSOR_GUARDED_BY(mutex_) = false;
  std::unordered_set<Call*> calls_ BITTENSOR_GUARDED_BY(mutex_);
  // Since the first call: a process that only listens has no use for it. Last: its thread ends
  // before the rest goes.
  std::unique_ptr<grpc_internal::EventLoop> loop_;
};

}  // namespace bittensor
