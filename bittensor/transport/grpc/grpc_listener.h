// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/server.h>

#include "bittensor/transport/grpc/acceptor.h"
#include "bittensor/transport/grpc/raw_service.h"
#include "bittensor/transport/transport.h"

namespace bittensor::grpc_internal {

// A gRPC server at one address, with health and reflection services.
class GrpcListener final : public Transport::Listener {
 public:
  // See Transport::listen().
  static absl::StatusOr<std::unique_ptr<Transport::Listener>> start(
      const std::string& address, const std::vector<std::string>& methods,
      std::size_t max_message_bytes, Transport::Handler handler);

  ~GrpcListener() override;

  const std::string& address() const override { return address_; }
  void close(TimePoint deadline) override;

 private:
  using Services = std::vector<std::unique_ptr<RawService>>;

  GrpcListener(std::string address, Services services, std::unique_ptr<grpc::Server> server,
               std::unique_ptr<Acceptor> acceptor)
      : address_(std::move(address)),
        services_(std::move(services)),
        server_(std::move(server)),
        acceptor_(std::move(acceptor)) {}

  const std::string address_;
  const Services services_;  // Outlive the server.
  const std::unique_ptr<grpc::Server> server_;
  const std::unique_ptr<Acceptor> acceptor_;  // Hands connections to the server.
};

}  // namespace bittensor::grpc_internal
