// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/health.h"

#include <set>
#include <utility>

namespace bittensor::grpc_internal {
namespace {

constexpr char kServing[] = "\x08\x01";  // HealthCheckResponse{status: SERVING}

// HealthCheckRequest{service}, as protobuf writes it. Names are shorter than 128 bytes.
std::string request_for(const std::string& service) {
  return std::string("\x0a") + static_cast<char>(service.size()) + service;
}

}  // namespace

Transport::Handler health_handler(const std::vector<std::string>& services) {
  std::set<std::string> known = {"", request_for("")};  // The server as a whole.
  for (const std::string& service : services) known.insert(request_for(service));
  return [known = std::move(known)](const Transport::Request& request,
                                    const Transport::ReplyFn& reply) {
    if (known.count(request.message.body.flatten()) == 0) {
      return reply(absl::NotFoundError("service name unknown"));
    }
    reply(Message{"", Payload(std::string(kServing))});
  };
}

}  // namespace bittensor::grpc_internal
