// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bittensor/axon/axon.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/transport/in_process_transport.h"
#include "bittensor/transport/transport.h"

namespace bittensor::bench {

// Where the neurons of one experiment live: gRPC on loopback, or with `fast` the in-process
// transport. Not thread-safe.
class World {
 public:
  explicit World(bool fast);
  ~World();

  Executor& executor() { return executor_; }
  // A transport for one neuron; it must go before the world does.
  std::unique_ptr<Transport> make_transport();

 private:
  ThreadExecutor executor_;
  std::unique_ptr<Switchboard> switchboard_;  // null: gRPC
};

// What every neuron of the experiments has. Its key follows from name and seed, so that a run can
// be repeated. Not thread-safe.
struct Peer {
  Peer(World& world, const std::string& called, std::uint64_t seed, Axon::Options options = {});
  ~Peer();

  // Serves `synapse` and is found by all who gossip with `bootstrap` ("" for the first).
  void join(const Synapse& synapse, const std::string& bootstrap);
  // Gossips that such a synapse is served at `axon_port`.
  void advertise(const Schema& schema, int axon_port, const std::string& bootstrap);

  const std::string name;
  const std::unique_ptr<Transport> transport;
  const Wallet wallet;
  Executor& executor;
  Axon axon;
  std::unique_ptr<Metagraph> metagraph;  // null before join()
};

}  // namespace bittensor::bench
