// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/axon/axon.h"
#include "bittensor/base/file_lock.h"
#include "bittensor/base/mutex.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/neuron/learning.h"
#include "bittensor/neuron/options.h"
#include "bittensor/synapse/synapse.h"
#include "bittensor/transport/transport.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor::python {

// All of a neuron but its model and its router: its key, and its metagraph, axon and dendrite,
// which Python's classes of these names share. Its parts may be started in any order: the network
// hears of the synapse once both its schema and the axon's port are known.
//
// Thread-safe, except for the dendrite, which belongs to the training thread.
class Node {
 public:
  // Opens the key file (created if missing) and keeps it to itself. Peers of the same `task` are
  // asked for their predictions. `give_up` ends waits for answers (Dendrite::Options). Errors as
  // open_wallet()'s, lock_key()'s and make_transport()'s.
  static absl::StatusOr<std::unique_ptr<Node>> open(const NeuronOptions& options, Task task,
                                                    std::function<bool()> give_up);
  // Stops, see stop().
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Serves a deep copy of `synapse` as it is now. Throws what its copy() throws.
  void serve(const Synapse& synapse) { axon_.serve(synapse); }
  void subscribe(const Schema& schema) BITTENSOR_EXCLUDES(mutex_);
  absl::Status start_axon() BITTENSOR_EXCLUDES(mutex_);
  absl::Status start_metagraph();
  void stop_axon() { axon_.stop(); }
  void stop_metagraph() { metagraph_.stop(); }

  // Tells the peers that it leaves, cuts what is under way, stops. May be called twice.
  void stop();

  const NeuronOptions& options() const { return options_; }
  const Learning& learning() const { return learning_; }
  const PublicKey& key() const { return base_.wallet->key(); }
  Metagraph& metagraph() { return metagraph_; }
  Axon& axon() { return axon_; }
  Dendrite& dendrite() { return dendrite_; }

 private:
  // What the parts are made with, and need for as long as they live.
  struct Base {
    std::unique_ptr<Wallet> wallet;
    std::unique_ptr<FileLock> lock;
    std::unique_ptr<ThreadExecutor> executor;
    std::unique_ptr<Transport> transport;
  };
  Node(const NeuronOptions& options, Base base, Learning learning, Axon::Options axon,
       Dendrite::Options dendrite);

  void announce() BITTENSOR_EXCLUDES(mutex_);

  const NeuronOptions options_;
  const Base base_;
  const Learning learning_;
  Metagraph metagraph_;
  Axon axon_;
  Dendrite dendrite_;

  Mutex mutex_;
  std::optional<Schema> schema_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor::python
