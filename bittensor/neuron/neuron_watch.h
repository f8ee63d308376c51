// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"

#include "bittensor/axon/axon.h"
#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/watch/appended_file.h"
#include "bittensor/watch/neuron_state.h"
#include "bittensor/watch/watch.h"

namespace bittensor {

class EventFile;
class MetricsPort;

// Gathers a neuron's whole state, from its parts and its Watch, and shows it to whoever looks from
// outside: once a second it replaces the status file and appends what is new to the metrics, on a
// thread of its own. It also sees what nobody says: who came and left, which peers fail, and that
// nothing moves.
//
// Thread-safe. What it is given must outlive it.
class NeuronWatch {
 public:
  struct Options {
    // Files are PREFIX.status.json and PREFIX.metrics.jsonl; empty: none.
    std::string prefix;
    bool tensorboard = false;            // an event file beside them, too
    std::string metrics_address;         // host:port of /metrics; empty: none
    Duration timeout{};                  // of the neuron's questions: a peer is slow by it
    std::vector<std::string> bootstrap;  // whom the neuron asks first
    // Called with the state four times a second, on the watch's thread. May be empty.
    std::function<void(const NeuronState&)> draw;
    // Called with what has been waited for for long, once, on the watch's thread; the log has it
    // anyhow. May be empty.
    std::function<void(const std::string& line)> say;
  };

  NeuronWatch(Options options, Watch& watch, Executor& executor);
  // Stops, see stop().
  ~NeuronWatch();

  // kUnavailable, naming it, if the port is taken. A file that cannot be written is a line in the
  // log.
  absl::Status start();
  // Shows the last state, and ends. May be called twice.
  void stop();

  // From now on until detach() the state is that of a neuron of these parts, whose key is `self`.
  void attach(Metagraph& metagraph, Axon& axon, Dendrite& dendrite, const PublicKey& self)
      BITTENSOR_EXCLUDES(mutex_);
  void detach() BITTENSOR_EXCLUDES(mutex_);

  // The gate's mean scores of a batch, [n], of `synapses`.
  void add_scores(const std::vector<SynapseRecord>& synapses, const at::Tensor& scores)
      BITTENSOR_EXCLUDES(mutex_);

  // As it is now.
  NeuronState state() BITTENSOR_EXCLUDES(mutex_);

  // Looks around and writes, as the thread does once a second.
  void look() BITTENSOR_EXCLUDES(mutex_);

  // TensorBoard's; null if there is none.
  EventFile* event_file() { return event_file_.get(); }
  std::string status_file() const { return options_.prefix + ".status.json"; }
  std::string metrics_file() const { return options_.prefix + ".metrics.jsonl"; }

 private:
  using Peers = std::map<PublicKey, NeuronState::Peer>;

  struct Parts {
    Metagraph& metagraph;
    Axon& axon;
    Dendrite& dendrite;
  };

  // What was seen of a peer the last time.
  struct Seen {
    bool there = false;
    NeuronState::PeerStatus status = NeuronState::PeerStatus::kOk;
    double at_s = 0;
  };

  void run();
  NeuronState gather() BITTENSOR_REQUIRES(mutex_);
  Peers gather_peers() BITTENSOR_REQUIRES(mutex_);
  void gather_weights(NeuronState& state) BITTENSOR_REQUIRES(mutex_);
  void add_unsaid_waits(NeuronState& state) BITTENSOR_REQUIRES(mutex_);
  void note_changes(const NeuronState& state) BITTENSOR_REQUIRES(mutex_);
  void note_requests(const NeuronState& state) BITTENSOR_REQUIRES(mutex_);
  void log_long_waits(const NeuronState& state) BITTENSOR_REQUIRES(mutex_);
  void write(const NeuronState& state) BITTENSOR_REQUIRES(mutex_);

  const Options options_;
  Watch& watch_;
  Executor& executor_;
  std::unique_ptr<EventFile> event_file_;
  std::unique_ptr<MetricsPort> port_;

  Mutex mutex_;
  std::condition_variable_any wake_;
  bool stopped_ BITTENSOR_GUARDED_BY(mutex_) = false;
  std::optional<Parts> parts_ BITTENSOR_GUARDED_BY(mutex_);
  PublicKey self_ BITTENSOR_GUARDED_BY(mutex_);
  NeuronState last_ BITTENSOR_GUARDED_BY(mutex_);  // of the neuron before it was detached
  std::map<PublicKey, double> scores_ BITTENSOR_GUARDED_BY(mutex_);
  std::map<std::string, Seen> seen_ BITTENSOR_GUARDED_BY(mutex_);
  std::set<PublicKey> there_ BITTENSOR_GUARDED_BY(mutex_);
  NeuronState::Weights weights_ BITTENSOR_GUARDED_BY(mutex_);
  TimePoint weights_due_ BITTENSOR_GUARDED_BY(mutex_){};
  TimePoint requests_at_ BITTENSOR_GUARDED_BY(mutex_){};
  std::uint64_t requests_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  double requests_per_s_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::int64_t moved_step_ BITTENSOR_GUARDED_BY(mutex_) = -1;
  NeuronState::Phase moved_phase_ BITTENSOR_GUARDED_BY(mutex_) = NeuronState::Phase::kStarting;
  double moved_at_s_ BITTENSOR_GUARDED_BY(mutex_) = 0;  // when the step or the phase last changed
  double alone_since_s_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  double points_until_s_ BITTENSOR_GUARDED_BY(mutex_) = 0;  // those until then are written
  double events_until_s_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  TimePoint histograms_due_ BITTENSOR_GUARDED_BY(mutex_){};
  std::int64_t written_epoch_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::set<std::string> logged_waits_ BITTENSOR_GUARDED_BY(mutex_);
  bool write_failed_ BITTENSOR_GUARDED_BY(mutex_) = false;
  AppendedFile metrics_ BITTENSOR_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace bittensor
