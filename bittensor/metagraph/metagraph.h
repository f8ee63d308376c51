// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/status/status.h"

#include "bittensor/base/executor.h"
#include "bittensor/metagraph/statement.h"
#include "bittensor/metagraph/synapse_record.h"
#include "bittensor/metagraph/weight_matrix.h"
#include "bittensor/synapse/schema.h"
#include "bittensor/transport/transport.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

class Chain;

// Who is out there and how much each counts, learnt from a chain (Options::chain) or by gossip:
// push-pull anti-entropy over the transport, digests first, deltas after. Every record is signed by
// its neuron, expires unless the neuron renews it, and is checked before it is kept. The address in
// a record is its neuron's claim: only an answer from there, signed by that key, proves it. Nobody
// is asked at an address that is not proven: a record cannot send the network's requests to
// somebody else's host.
//
// Clocks may differ by half a minute: how long a record holds is judged by when it was heard
// (record_store.h).
//
// Thread-safe. Rounds and renewals run on the executor, messages on the threads of the transport
// (gossip.h); readers take a snapshot. What it is given must outlive it.
class Metagraph {
 public:
  struct Options {
    std::string listen_address = "0.0.0.0:0";  // where others gossip with this neuron
    // The host that others reach this neuron at; empty: 127.0.0.1.
    std::string remote_ip;
    std::vector<std::string> bootstrap;  // host:port of metagraphs to begin with; kept for ever
    std::string cache_file;              // where known peers survive a restart; empty: nowhere
    Duration round = std::chrono::milliseconds(500);  // one gossip partner is asked each round
    // A silent neuron is forgotten after this. Longer where more than about 100 are known
    // (publisher.h), so that the traffic of each does not grow with the network.
    Duration ttl = std::chrono::seconds(15);
    // Neurons to know at most. Those that are proven keep their place; of the others the one
    // that is known the longest makes room for a newcomer.
    std::size_t max_records = 10'000;
    // Zero bits of the proof of work that records must show (work.h), this neuron's own
    // included: the constructor finds it, which takes some 2^difficulty hashes.
    int difficulty = 0;
    Duration farewell = std::chrono::milliseconds(300);  // stop() waits for it, at most
    // Not null: who is there is read from this chain, and told it, in place of gossip; of the
    // options above only remote_ip and max_records matter then (chain_peers.h). Must outlive the
    // metagraph, which closes it.
    Chain* chain = nullptr;
    std::uint16_t netuid = 1;  // the subnet there
  };

  Metagraph(Options options, Transport& transport, const Wallet& wallet, Executor& executor);
  // Stops, see stop().
  ~Metagraph();

  // From now on says to the network: "my synapse takes and gives `schema` and is served at
  // port `axon_port` of remote_ip". So the axon is started first. May be called again when
  // something changes.
  void subscribe(const Schema& schema, int axon_port);

  // Listens and begins to gossip. kAlreadyExists if the port is taken,
  // kInvalidArgument if a bootstrap is not host:port or remote_ip is no host,
  // kFailedPrecondition if it was started before. On a chain: begins to follow it;
  // kInvalidArgument if remote_ip is no address that a chain takes.
  absl::Status start();

  // Tells some peers that this neuron is leaving, writes the cache, stops. May be called twice.
  // Not from a callback of the transport or the executor, for which it waits.
  void stop();

  // "host:port" that others can use as bootstrap; empty before start(), and on a chain.
  std::string address() const;

  // At most `n` synapses of others that are proven, those that count most first; ties in an
  // order of this neuron's own. If there are none, this neuron's own synapse (if subscribed):
  // a lone neuron queries itself. Does not block: reads a snapshot.
  std::vector<SynapseRecord> get_synapses(std::size_t n) const;

  // How many other neurons are known.
  std::size_t size() const;
  // How many of them are proven.
  std::size_t proven() const;

  // Whether a neuron that is no longer known said that it leaves, rather than fall silent.
  bool said_goodbye(const PublicKey& key) const;

  // This neuron's weights of `synapses`, float32 [n], each in [0, 1]; 0 for one it never asked.
  at::Tensor get_weights(const std::vector<SynapseRecord>& synapses) const;
  // That of one neuron's synapse.
  double get_weight(const PublicKey& key) const;
  // Sets them. Those with the largest weights are published as a signed row.
  void set_weights(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights);

  // All weights that this neuron has given, and the way back in when it starts again.
  WeightRow weights() const;
  void set_weights(const WeightRow& weights);

  // What everybody published: row i, column j is how neuron i values the synapse of neuron j.
  // This neuron's own row is as it is now, and a row that nobody published is zero.
  using WeightMatrix = bittensor::WeightMatrix;
  WeightMatrix weight_matrix() const;

  // What an operator looks at.
  struct Stats {
    std::uint64_t rounds = 0;
    std::uint64_t failed_calls = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t refused = 0;  // requests and statements of wrong form, time or signature
  };
  Stats stats() const;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace bittensor
