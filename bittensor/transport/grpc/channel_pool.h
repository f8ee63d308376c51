// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/generic/generic_stub.h>

#include "bittensor/base/executor.h"
#include "bittensor/base/lru_map.h"
#include "bittensor/base/mutex.h"
#include "bittensor/transport/address.h"
#include "bittensor/transport/tls.h"

namespace bittensor::grpc_internal {

// The connections to the peers, one each (with TLS: one for each key expected there), made when
// first asked for and kept. Beyond `max_channels` the one that was not asked for the longest is let
// go, and any that was not for kMaxIdle: peers come and go, and each channel takes 55 KB and tries
// to connect again. Calls under way on it keep it open until they are done.
//
// Thread-safe.
class ChannelPool {
 public:
  static constexpr Duration kMaxIdle = std::chrono::minutes(2);

  ChannelPool(std::size_t max_channels, int max_message_bytes, std::optional<Tls> tls)
      : max_channels_(max_channels), max_message_bytes_(max_message_bytes), tls_(std::move(tls)) {}

  // Does not block: connecting is gRPC's business. With TLS, a neuron of this key must be there
  // (Message::to).
  std::shared_ptr<grpc::GenericStub> get(const Address& address, const std::string& neuron,
                                         TimePoint now) BITTENSOR_EXCLUDES(mutex_);

 private:
  struct Channel {
    std::shared_ptr<grpc::GenericStub> stub;
    TimePoint asked_for;
  };

  std::shared_ptr<grpc::GenericStub> connect(const Address& address,
                                             const std::string& neuron) const;
  // Those that are let go.
  std::vector<std::shared_ptr<grpc::GenericStub>> drop_old(TimePoint now)
      BITTENSOR_REQUIRES(mutex_);

  const std::size_t max_channels_;
  const int max_message_bytes_;
  const std::optional<Tls> tls_;
  Mutex mutex_;
  LruMap<std::string, Channel> channels_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor::grpc_internal
