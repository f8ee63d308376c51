// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "bench/timing.h"

#include "bittensor/base/thread_executor.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/transport/grpc/grpc_transport.h"

namespace bittensor::bench {

constexpr int kRounds = 5;

// The asking side of a neuron.
struct Client {
  explicit Client(std::int64_t network_dim, bool with_proof = true)
      : dendrite(options(network_dim, with_proof), transport, wallet, executor, nullptr) {}

  static Dendrite::Options options(std::int64_t network_dim, bool with_proof) {
    Dendrite::Options options;
    options.timeout = std::chrono::seconds(60);  // Answers are timed, not given up.
    options.calls.network_dim = network_dim;
    options.calls.unsigned_calls = !with_proof;
    return options;
  }

  ThreadExecutor executor;
  GrpcTransport transport;
  Wallet wallet = Wallet::create();
  Dendrite dendrite;
};

// How often a second `work` runs, in rounds of `times`.
inline Rounds per_second(int times, const std::function<void()>& work) {
  work();  // Connections are made.
  Rounds rounds;
  for (int round = 0; round < kRounds; ++round) {
    rounds.values.push_back(times / seconds_of([&] {
                              for (int i = 0; i < times; ++i) work();
                            }));
  }
  return rounds;
}

}  // namespace bittensor::bench
