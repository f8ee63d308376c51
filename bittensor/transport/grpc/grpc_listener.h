// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/server.h>

#include "bittensor/transport/grpc/acceptor.h"
#include "bittensor/transport/grpc/event_loop.h"
#include "bittensor/transport/grpc/raw_service.h"
#include "bittensor/transport/tls.h"
#include "bittensor/transport/transport.h"

namespace bittensor::grpc_internal {

// A gRPC server at one address, with health and reflection services. Requests are handled on the
// one thread of its event loop.
class GrpcListener final : public Transport::Listener {
 public:
  // See Transport::listen().
  static absl::StatusOr<std::unique_ptr<Transport::Listener>> start(
      const std::string& address, const std::vector<std::string>& methods,
      std::size_t max_message_bytes, const std::optional<Tls>& tls, Transport::Handler handler);

  ~GrpcListener() override;

  const std::string& address() const override { return address_; }
  void close(TimePoint deadline) override;

 private:
  using Services = std::vector<std::unique_ptr<RawService>>;

  GrpcListener(std::string address, Services services,
               std::unique_ptr<grpc::ServerCompletionQueue> queue,
               std::unique_ptr<grpc::Server> server, std::unique_ptr<Acceptor> acceptor);

  const std::string address_;
  const Services services_;  // Outlive the server.
  EventLoop loop_;           // So does its queue.
  const std::unique_ptr<grpc::Server> server_;
  const std::unique_ptr<Acceptor> acceptor_;  // Hands connections to the server.
};

}  // namespace bittensor::grpc_internal
