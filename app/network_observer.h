// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/metagraph_table.h"

#include "bittensor/metagraph/standing.h"
#include "bittensor/metagraph/synapse_record.h"
#include "bittensor/neuron/options.h"

namespace bittensor {

// A network as one of its neurons knows it, seen by an observer: it gossips, under a key made
// for the occasion, and says nothing of itself.
//
// Not thread-safe.
class NetworkObserver {
 public:
  struct Options {
    std::vector<std::string> addresses;  // metagraphs to ask, host:port
    // The neuron whose weights are `weight`: what its key begins with, in hexadecimal; empty: the
    // one that is served at the first address.
    std::string whose;
    std::optional<StakeTable> stake;  // none: 1 each
    bool latency = false;             // measure it
    // As the network is encrypted: of these its --tls and --tls_... alone.
    NeuronOptions neuron;
  };

  explicit NetworkObserver(Options options);
  ~NetworkObserver();

  // Asks, and waits until what was learnt has not grown for a second. kInvalidArgument if an
  // address is none, kUnavailable if nobody has answered within `patience`; what is wrong with the
  // files of --tls_... To be called first, once. Blocks.
  absl::Status open(std::chrono::milliseconds patience);

  // Who is known now, by key; goes on learning until it is destroyed. Blocks a second at most,
  // for latencies. kInvalidArgument if `whose` is nobody or several.
  absl::StatusOr<std::vector<NeuronLine>> lines() const;

  // The record of `whose` synapse, for asking it. kInvalidArgument if that is nobody or several;
  // kUnavailable if it has not proven that it is there yet.
  absl::StatusOr<SynapseRecord> record() const;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace bittensor
