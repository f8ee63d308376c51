// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/impl/service_type.h>

#include "bittensor/transport/transport.h"

namespace bittensor::grpc_internal {

// One gRPC service by name ("bittensor.v1.Axon") whose unary methods take and give
// bytes. Registered under its real name, so that health and reflection list it.
class RawService final : public grpc::Service {
 public:
  // `methods` are all of one service: "bittensor.v1.Axon/Forward".
  RawService(std::string name, std::vector<std::string> methods,
             std::shared_ptr<const Transport::Handler> handler);

  const std::string& name() const { return name_; }

 private:
  const std::string name_;
  const std::vector<std::string> paths_;  // gRPC keeps pointers into them.
};

}  // namespace bittensor::grpc_internal
