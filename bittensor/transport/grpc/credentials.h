// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include "bittensor/transport/tls.h"

namespace bittensor::grpc_internal {

// How connections begin: in plain text, or with a handshake as `tls` says.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const std::optional<Tls>& tls);

// The same, to call `neuron`, see Tls::check.
std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const std::optional<Tls>& tls,
                                                              const std::string& neuron);

// What to do about a connection that did not come about, if its error says so; else empty.
std::string advice_on(const std::string& error, bool tls);

}  // namespace bittensor::grpc_internal
