// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "bittensor/transport/transport.h"

namespace bittensor::grpc_internal {

constexpr char kHealthCheck[] = "grpc.health.v1.Health/Check";

// Answers kHealthCheck: the server and each of `services` are healthy whenever they can be asked.
// It replaces gRPC's own health service, which would start the threads of the callback interface
// in every server (event_loop.h). Watch is kUnimplemented, which its clients must take for healthy
// (grpc/health/v1/health.proto).
Transport::Handler health_handler(const std::vector<std::string>& services);

}  // namespace bittensor::grpc_internal
