// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "bittensor/watch/metrics_server.h"
#include "bittensor/watch/neuron_state.h"

namespace bittensor {

// Serves /metrics to Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/).
//
// Thread-safe. Answers on a thread of its own, from the last state that it was given.
class MetricsPort {
 public:
  // What a NeuronState has no place for.
  struct More {
    std::uint64_t gossip_rounds = 0;
    std::uint64_t gossip_failed_calls = 0;
    std::uint64_t gossip_bytes_sent = 0;
    std::uint64_t gossip_refused = 0;
    std::uint64_t neurons_known = 0;
    std::uint64_t neurons_proven = 0;
    std::map<std::string, std::uint64_t> refused_by_reason;  // of the axon
  };

  // Peers beyond so many, those that count least, are shown as one.
  static constexpr std::size_t kMaxPeers = 50;

  // Listens at host:port, where the host is an address. kUnavailable, naming it, if it cannot.
  static absl::StatusOr<std::unique_ptr<MetricsPort>> listen(const std::string& address);
  ~MetricsPort();

  // The port taken.
  int port() const;

  void update(const NeuronState& state, const More& more);

 private:
  class Source;
  MetricsPort(std::unique_ptr<Source> source, std::unique_ptr<MetricsServer> server);

  const std::unique_ptr<Source> source_;
  const std::unique_ptr<MetricsServer> server_;  // Last: it asks the source.
};

}  // namespace bittensor
