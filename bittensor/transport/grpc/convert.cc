// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/convert.h"

#include <memory>
#include <utility>
#include <vector>

namespace bittensor::grpc_internal {
namespace {

// A slice of gRPC that keeps the owner of its bytes.
grpc::Slice to_slice(const Payload::Slice& slice) {
  // Below this the two allocations of an owner cost more than a copy.
  constexpr std::size_t kSmall = 512;
  if (slice.bytes.size() <= kSmall) return grpc::Slice(slice.bytes.data(), slice.bytes.size());
  using Owner = std::shared_ptr<const void>;
  // gRPC does not write through the pointer.
  return grpc::Slice(
      const_cast<char*>(slice.bytes.data()), slice.bytes.size(),
      [](void* owner) { delete static_cast<Owner*>(owner); }, new Owner(slice.owner));
}

}  // namespace

grpc::ByteBuffer to_byte_buffer(const Payload& payload) {
  std::vector<grpc::Slice> slices;
  slices.reserve(payload.slices().size());
  for (const Payload::Slice& slice : payload.slices()) slices.push_back(to_slice(slice));
  return grpc::ByteBuffer(slices.data(), slices.size());
}

Payload to_payload(const grpc::ByteBuffer& buffer) {
  // Not a vector that grows later: the bytes of a short slice lie in the grpc::Slice itself.
  auto slices = std::make_shared<std::vector<grpc::Slice>>();
  Payload payload;
  if (!buffer.Valid() || !buffer.Dump(slices.get()).ok()) return payload;
  for (const grpc::Slice& slice : *slices) {
    payload.append({reinterpret_cast<const char*>(slice.begin()), slice.size()}, slices);
  }
  return payload;
}

grpc::Status to_grpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

absl::Status to_absl(const grpc::Status& status) {
  const int code = status.error_code();
  if (code < 0 || code > static_cast<int>(absl::StatusCode::kUnauthenticated))
    return absl::UnknownError(status.error_message());
  return {static_cast<absl::StatusCode>(code), status.error_message()};
}

gpr_timespec to_timespec(TimePoint time) {
  // Far enough to be never, near enough to be added to any clock.
  constexpr auto kNever = std::chrono::hours(24 * 365 * 10);
  const TimePoint now = std::chrono::steady_clock::now();
  if (time > now + kNever) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  if (time < now) return gpr_now(GPR_CLOCK_MONOTONIC);
  const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(time - now);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(left.count(), GPR_TIMESPAN));
}

TimePoint to_time_point(gpr_timespec time) {
  const gpr_timespec monotonic = gpr_convert_clock_type(time, GPR_CLOCK_MONOTONIC);
  constexpr std::int64_t kNeverSeconds = 10LL * 365 * 24 * 3600;
  const gpr_timespec left = gpr_time_sub(monotonic, gpr_now(GPR_CLOCK_MONOTONIC));
  if (left.tv_sec > kNeverSeconds) return TimePoint::max();
  if (left.tv_sec < -kNeverSeconds) return TimePoint::min();
  return std::chrono::steady_clock::now() + std::chrono::seconds(left.tv_sec) +
         std::chrono::nanoseconds(left.tv_nsec);
}

std::string envelope_in(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  const auto found = metadata.find(kEnvelopeKey);
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

}  // namespace bittensor::grpc_internal
