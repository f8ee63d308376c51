// SPDX-License-Identifier: MIT
//
// Our types as gRPC's and back.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include <grpc/support/time.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>
#include <grpcpp/support/string_ref.h>

#include "bittensor/base/executor.h"
#include "bittensor/base/payload.h"

namespace bittensor::grpc_internal {

// The envelope of a message travels as this metadata: the initial metadata of a
// request, the trailing metadata of a reply. "-bin" lets it hold any bytes.
constexpr char kEnvelopeKey[] = "bittensor-envelope-bin";

// Neither copies the bytes: the result keeps alive what it was made from.
grpc::ByteBuffer to_byte_buffer(const Payload& payload);
Payload to_payload(const grpc::ByteBuffer& buffer);

// The codes of both are the same numbers. One that gRPC does not define is kUnknown.
grpc::Status to_grpc(const absl::Status& status);
absl::Status to_absl(const grpc::Status& status);

// TimePoint::max() is gRPC's infinite future.
gpr_timespec to_timespec(TimePoint time);
TimePoint to_time_point(gpr_timespec time);

// Empty if there is none.
std::string envelope_in(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata);

}  // namespace bittensor::grpc_internal
