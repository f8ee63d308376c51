// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/axon/axon.h"
#include "bittensor/base/file_lock.h"
#include "bittensor/base/mutex.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/neuron/learning.h"
#include "bittensor/neuron/neuron_display.h"
#include "bittensor/neuron/options.h"
#include "bittensor/neuron/teachers.h"
#include "bittensor/neuron/watched_loss.h"
#include "bittensor/synapse/synapse.h"
#include "bittensor/transport/transport.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor::python {

// All of a neuron but its model and its router: its key, and its metagraph, axon and dendrite,
// which Python's classes of these names share. Its parts may be started in any order: the network
// hears of the synapse once both its schema and the axon's port are known. `bittensor status` shows
// it, and whatever else the options ask for (NeuronDisplay), from open() on.
//
// Thread-safe, except for the dendrite, teachers and step_done(), which belong to the training
// thread.
class Node {
 public:
  // Opens the key file (created if missing) and keeps it to itself. `give_up` ends waits for
  // answers (Dendrite::Options). Errors as start_neuron()'s and make_transport()'s.
  static absl::StatusOr<std::unique_ptr<Node>> open(const NeuronOptions& options,
                                                    std::function<bool()> give_up);
  // Stops, see stop().
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Serves a deep copy of `synapse` as it is now. Throws what its copy() throws.
  void serve(const Synapse& synapse) { axon_.serve(synapse); }
  // What its synapse takes and gives.
  void set_schema(const Schema& schema) BITTENSOR_EXCLUDES(mutex_);
  // The same, and tells the network of it.
  void subscribe(const Schema& schema) BITTENSOR_EXCLUDES(mutex_);
  absl::Status start_axon() BITTENSOR_EXCLUDES(mutex_);
  absl::Status start_metagraph() BITTENSOR_EXCLUDES(mutex_);
  void stop_axon() { axon_.stop(); }
  void stop_metagraph() { metagraph_.stop(); }

  // Tells the peers that it leaves, cuts what is under way, stops. May be called twice.
  void stop();

  // Adds what others taught since the last call, and what `more` teaches, to the `grad` of
  // `parameters`, those of the served synapse, as far as this neuron believes them.
  void learn_from_others(const std::vector<at::Tensor>& parameters,
                         std::vector<TaughtGradients::Taught> more = {});
  Teachers& teachers() { return teachers_; }
  // The weight of a peer relative to the mean of all that have one, at most 1; 0 if none has.
  std::function<double(const PublicKey& peer)> relative_weights() const;

  // Where it is told what the neuron waits for.
  Watch& watch() { return base_.display->watch(); }
  // `steps` are done in all; the last had `samples` and, unless it is undefined, `loss`, a scalar.
  void step_done(std::int64_t steps, std::int64_t samples, const at::Tensor& loss);

  const NeuronOptions& options() const { return options_; }
  const Learning& learning() const { return learning_; }
  const PublicKey& key() const { return base_.wallet->key(); }
  Metagraph& metagraph() { return metagraph_; }
  Axon& axon() { return axon_; }
  // Made when it is first wanted. It asks synapses that answer as wide as this neuron's own (if
  // that is not known, 1024), for predictions those of the same task.
  Dendrite& dendrite() BITTENSOR_EXCLUDES(mutex_);

 private:
  // What the parts are made with, and need for as long as they live.
  struct Base {
    std::unique_ptr<Wallet> wallet;
    std::unique_ptr<FileLock> lock;
    std::unique_ptr<ThreadExecutor> executor;
    std::unique_ptr<NeuronDisplay> display;
    std::unique_ptr<Transport> transport;
  };
  Node(const NeuronOptions& options, Base base, Learning learning, Axon::Options axon,
       Dendrite::Options dendrite);

  void announce() BITTENSOR_EXCLUDES(mutex_);
  // Says who it is, as far as that is known.
  void describe() BITTENSOR_EXCLUDES(mutex_);

  const NeuronOptions options_;
  const Base base_;
  const Learning learning_;
  const Dendrite::Options dendrite_options_;
  Metagraph metagraph_;
  Axon axon_;
  Teachers teachers_;
  WatchedLoss loss_;

  Mutex mutex_;
  std::optional<Schema> schema_ BITTENSOR_GUARDED_BY(mutex_);
  bool subscribed_ BITTENSOR_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Dendrite> dendrite_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor::python
