// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/grpc_listener.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include <grpcpp/server_builder.h>

#include "bittensor/base/status_macros.h"
#include "bittensor/transport/address.h"
#include "bittensor/transport/grpc/convert.h"
#include "bittensor/transport/grpc/credentials.h"
#include "bittensor/transport/grpc/health.h"

namespace bittensor::grpc_internal {
namespace {

void set_options(grpc::ServerBuilder& builder, std::size_t max_message_bytes) {
  builder.SetMaxReceiveMessageSize(
      static_cast<int>(std::min<std::size_t>(max_message_bytes, std::numeric_limits<int>::max())));
  builder.SetMaxSendMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1'000);

  // A connection that says nothing is closed after a while, one whose other end is gone soon.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 10 * 60 * 1'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  // Clients of ours look after their connections every ten seconds (channel_pool.cc).
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);

  // Only "identity": a small compressed message may unfold into any number of bytes.
  builder.AddChannelArgument(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);

  // What strangers may have us hold before anything is known of them: unfinished messages.
  grpc::ResourceQuota quota("bittensor");
  quota.Resize(std::max<std::size_t>(8 * max_message_bytes, std::size_t{64} << 20));
  builder.SetResourceQuota(quota);

  // Only the reflection service is synchronous; it needs no more than one thread.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
}

// "a.B/C" and "a.B/D" make one service "a.B".
absl::StatusOr<std::vector<std::unique_ptr<RawService>>> services_for(
    const std::vector<std::string>& methods, Transport::Handler handler) {
  std::map<std::string, std::vector<std::string>> by_service;
  for (const std::string& method : methods) {
    const std::size_t slash = method.find('/');
    if (slash == 0 || slash == std::string::npos || slash + 1 == method.size())
      return absl::InvalidArgumentError("method \"" + method + "\" is not service/method");
    by_service[method.substr(0, slash)].push_back(method);
  }
  using Handler = const Transport::Handler;
  const auto shared = std::make_shared<Handler>(std::move(handler));
  std::vector<std::string> names;
  std::vector<std::unique_ptr<RawService>> services;
  for (auto& [name, of_service] : by_service) {
    names.push_back(name);
    services.push_back(std::make_unique<RawService>(std::move(of_service), shared));
  }
  services.push_back(std::make_unique<RawService>(
      std::vector<std::string>{kHealthCheck}, std::make_shared<Handler>(health_handler(names))));
  return services;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Transport::Listener>> GrpcListener::start(
    const std::string& address, const std::vector<std::string>& methods,
    std::size_t max_message_bytes, const std::optional<Tls>& tls, Transport::Handler handler) {
  BITTENSOR_ASSIGN_OR_RETURN(Address wanted, parse_address(address));
  BITTENSOR_ASSIGN_OR_RETURN(Services services, services_for(methods, std::move(handler)));
  BITTENSOR_ASSIGN_OR_RETURN(std::unique_ptr<Acceptor> acceptor, Acceptor::listen(wanted));
  wanted.port = acceptor->port();

  grpc::ServerBuilder builder;
  set_options(builder, max_message_bytes);
  for (const auto& service : services) builder.RegisterService(service.get());
  std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  std::shared_ptr<grpc::experimental::ExternalConnectionAcceptor> connections =
      builder.experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
          server_credentials(tls));
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) return absl::UnavailableError("gRPC does not serve " + wanted.to_string());
  for (const auto& service : services) service->start(*queue);
  acceptor->start([connections](int descriptor) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.fd = descriptor;
    connections->HandleNewConnection(&connection);
  });
  return std::unique_ptr<Transport::Listener>(
      new GrpcListener(wanted.to_string(), std::move(services), std::move(queue), std::move(server),
                       std::move(acceptor)));
}

GrpcListener::GrpcListener(std::string address, Services services,
                           std::unique_ptr<grpc::ServerCompletionQueue> queue,
                           std::unique_ptr<grpc::Server> server, std::unique_ptr<Acceptor> acceptor)
    : address_(std::move(address)),
      services_(std::move(services)),
      loop_(std::move(queue)),
      server_(std::move(server)),
      acceptor_(std::move(acceptor)) {}

GrpcListener::~GrpcListener() {
  GrpcListener::close(TimePoint::min());
}

void GrpcListener::close(TimePoint deadline) {
  acceptor_->stop();
  // Cuts off at the deadline what is left, then waits until the loop has seen it end.
  server_->Shutdown(to_timespec(deadline));
  server_->Wait();
  for (const auto& service : services_) service->stop();
  loop_.stop();
}

}  // namespace bittensor::grpc_internal
