// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ATen/core/Tensor.h"

#include "bittensor/base/executor.h"
#include "bittensor/dendrite/peer_calls.h"

namespace bittensor::bench {

// What became of the calls of a measurement.
struct LoadResult {
  double seconds = 0;
  std::int64_t offered = 0;  // made
  std::int64_t ok = 0;       // answered
  std::int64_t refused = 0;  // kResourceExhausted
  std::int64_t failed = 0;   // anything else
  std::vector<double> answered_ms;
  std::vector<double> refused_ms;

  double per_second() const { return static_cast<double>(ok) / seconds; }
};

// Clients that ask one synapse, each with a connection and a key of its own up to
// eight of them. A wrong answer ends the program.
class Load {
 public:
  using Check = std::function<bool(const at::Tensor& answer)>;

  Load(const SynapseRecord& peer, Inputs inputs, Check check);
  ~Load();

  // `clients` ask at the same time, each again as soon as it has its answer, for `seconds`.
  LoadResult closed(int clients, double seconds);

  // `per_second` calls are made whatever becomes of them, for `seconds`. Unsigned, so that one
  // core can make many: for an axon that allows it.
  LoadResult open(double per_second, double seconds);

 private:
  struct Run;
  struct Client;

  void call(const std::shared_ptr<Run>& run, std::size_t client);
  void call_unsigned(const std::shared_ptr<Run>& run, std::size_t client);
  // Counts an answer, and checks the values of every few of them; false once the time is up.
  bool count(Run& run, TimePoint sent, const absl::StatusOr<PeerAnswer>& answer);
  LoadResult finish(const std::shared_ptr<Run>& run);

  const SynapseRecord peer_;
  const Inputs inputs_;
  const Payload body_;  // of an unsigned request
  const Check check_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace bittensor::bench
