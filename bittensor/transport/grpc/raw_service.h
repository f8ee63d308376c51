// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/async_unary_call.h>

#include "bittensor/base/mutex.h"
#include "bittensor/transport/grpc/event_loop.h"
#include "bittensor/transport/transport.h"

namespace bittensor::grpc_internal {

// One gRPC service by name ("bittensor.v1.Axon") whose unary methods take and give
// bytes. Registered under its real name, so that reflection lists it.
class RawService final : public grpc::Service {
 public:
  // `methods` are all of one service: "bittensor.v1.Axon/Forward".
  RawService(std::vector<std::string> methods, std::shared_ptr<const Transport::Handler> handler);

  // Takes requests from now on, as events of `queue`. The server that this is registered with
  // has started; it and the queue outlive the service's stop().
  void start(grpc::ServerCompletionQueue& queue) BITTENSOR_EXCLUDES(mutex_);

  // Asks `queue` for nothing any more. The server takes no requests by then.
  void stop() BITTENSOR_EXCLUDES(mutex_);

 private:
  class ServerCall;

  // Has gRPC bring the next request to a method.
  void take(int method) BITTENSOR_EXCLUDES(mutex_);
  void handle(Transport::Request request, Transport::ReplyFn reply) const;

  const std::vector<std::string> paths_;  // "/service/method"; gRPC keeps pointers into them.
  const std::shared_ptr<const Transport::Handler> handler_;
  Mutex mutex_;
  grpc::ServerCompletionQueue* queue_ BITTENSOR_GUARDED_BY(mutex_) = nullptr;  // while it runs
};

}  // namespace bittensor::grpc_internal
