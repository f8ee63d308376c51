// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "bittensor/transport/transport.h"

namespace bittensor::grpc_internal {

constexpr char kHealthCheck[] = "grpc.health.v1.Health/Check";

// The handler of kHealthCheck: the server and each of `services` serve as long as anybody can
// ask. In place of gRPC's own health service, which would bring the threads of the callback
// interface into every server (event_loop.h). Clients that Watch are told kUnimplemented, which
// they are to take for healthy (grpc/health/v1/health.proto).
Transport::Handler health_handler(const std::vector<std::string>& services);

}  // namespace bittensor::grpc_internal
