// SPDX-License-Identifier: MIT
#include "bittensor/watch/metrics_port.h"

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "prometheus/client_metric.h"
#include "prometheus/metric_family.h"
#include "prometheus/metric_type.h"
#include "prometheus/text_serializer.h"
#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bittensor/base/mutex.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/watch/words.h"

namespace bittensor {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Families {
 public:
  void gauge(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    add(name, help, MetricType::Gauge, std::move(labels)).gauge.value = value;
  }
  void gauge(const std::string& name, const std::string& help, const std::optional<double>& value,
             Labels labels = {}) {
    if (value) gauge(name, help, *value, std::move(labels));
  }
  void counter(const std::string& name, const std::string& help, std::uint64_t value,
               Labels labels = {}) {
    add(name, help, MetricType::Counter, std::move(labels)).counter.value =
        static_cast<double>(value);
  }
  void seconds_counter(const std::string& name, const std::string& help, double value) {
    add(name, help, MetricType::Counter, {}).counter.value = value;
  }

  std::vector<MetricFamily> take() { return std::move(families_); }

 private:
  // One family holds all metrics of its name: they are added one after another.
  ClientMetric& add(const std::string& name, const std::string& help, MetricType type,
                    Labels labels) {
    const auto found =
        std::find_if(families_.begin(), families_.end(),
                     [&](const MetricFamily& family) { return family.name == name; });
    MetricFamily& family = found != families_.end() ? *found : families_.emplace_back();
    family.name = name;
    family.help = help;
    family.type = type;
    family.metric.emplace_back().label = std::move(labels);
    return family.metric.back();
  }

  std::vector<MetricFamily> families_;
};

void add_training(const NeuronState& state, Families& to) {
  const NeuronState::Training& training = state.training;
  to.gauge("bittensor_info", "1, with what names this neuron.", 1,
           {{"key", state.neuron.key},
            {"name", state.neuron.name},
            {"program", state.neuron.program},
            {"release", state.neuron.release}});
  for (int i = 0; i <= static_cast<int>(NeuronState::Phase::kEnded); ++i) {
    const auto phase = static_cast<NeuronState::Phase>(i);
    to.gauge("bittensor_training_phase", "1 for what the neuron does now.",
             training.phase == phase ? 1 : 0, {{"phase", to_string(phase)}});
  }
  double longest = 0;
  const double now_s = state.neuron.started_s + state.neuron.uptime_s;
  for (const auto& waiting : training.waiting) longest = std::max(longest, now_s - waiting.since_s);
  to.gauge("bittensor_training_waiting_seconds", "How long it has waited for what it waits for.",
           longest);
  to.gauge("bittensor_training_epoch", "The epoch under way, from 1.",
           static_cast<double>(training.epoch));
  to.counter("bittensor_training_steps_total", "Training steps done.",
             static_cast<std::uint64_t>(training.step));
  to.gauge("bittensor_training_steps_planned", "Steps until training ends.",
           static_cast<double>(training.steps));
  to.gauge("bittensor_training_samples_per_second", "Samples trained a second, lately.",
           training.samples_per_s);
  to.gauge("bittensor_training_left_seconds", "Until training ends, at this pace.",
           training.time_left_s);
  const char* const loss_help = "Mean loss of the last steps.";
  to.gauge("bittensor_training_loss", loss_help, training.loss.train, {{"path", "all"}});
  to.gauge("bittensor_training_loss", loss_help, training.loss.local, {{"path", "local"}});
  to.gauge("bittensor_training_loss", loss_help, training.loss.network, {{"path", "network"}});
  const char* const accuracy_help = "Accuracy of the last test, from 0 to 1.";
  to.gauge("bittensor_test_accuracy", accuracy_help, training.accuracy.alone, {{"path", "alone"}});
  to.gauge("bittensor_test_accuracy", accuracy_help, training.accuracy.local, {{"path", "local"}});
  to.gauge("bittensor_test_accuracy", accuracy_help, training.accuracy.network,
           {{"path", "network"}});
}

void add_peer(const NeuronState::Peer& peer, const std::string& name, Families& to) {
  const Labels of = {{"peer", name}};
  to.gauge("bittensor_router_weight", "What this neuron thinks of the peer, from 0 to 1.",
           peer.weight, of);
  to.gauge("bittensor_router_score", "The router's mean score of the peer in the last batch.",
           peer.score, of);
  to.gauge(
      "bittensor_peer_up", "1 if the peer is there and answers.",
      peer.status == NeuronState::PeerStatus::kOk || peer.status == NeuronState::PeerStatus::kSlow
          ? 1
          : 0,
      of);
  if (peer.latency_ms) {
    to.gauge("bittensor_peer_latency_seconds", "Smoothed time of the peer's answers.",
             *peer.latency_ms / 1000, of);
  }
  to.counter("bittensor_peer_asked_total", "Questions to the peer.", peer.asked, of);
  to.counter("bittensor_peer_answered_total", "Answers of the peer.", peer.answered, of);
  to.counter("bittensor_peer_failed_total", "Questions that it did not answer.", peer.failed, of);
  to.counter("bittensor_peer_sent_bytes_total", "Bytes to the peer.", peer.bytes_sent, of);
  to.counter("bittensor_peer_received_bytes_total", "Bytes from the peer.", peer.bytes_received,
             of);
  to.counter("bittensor_peer_gradients_given_total", "Gradients that the peer's model learns from.",
             peer.gradients_given, of);
  to.counter("bittensor_peer_gradients_taken_total", "Gradients of the peer that are learnt from.",
             peer.gradients_taken, of);
  to.counter("bittensor_peer_lessons_given_total", "Lessons that the peer keeps.",
             peer.lessons_given, of);
  to.counter("bittensor_peer_lessons_taken_total", "Lessons of the peer that were kept.",
             peer.lessons_taken, of);
}

void add_peers(const NeuronState& state, Families& to) {
  NeuronState::Peer rest;
  for (std::size_t i = 0; i < state.peers.size(); ++i) {
    const NeuronState::Peer& peer = state.peers[i];
    if (i < MetricsPort::kMaxPeers) {
      add_peer(peer, short_key(peer.key), to);
      continue;
    }
    rest.asked += peer.asked;
    rest.answered += peer.answered;
    rest.failed += peer.failed;
    rest.bytes_sent += peer.bytes_sent;
    rest.bytes_received += peer.bytes_received;
    rest.gradients_given += peer.gradients_given;
    rest.gradients_taken += peer.gradients_taken;
    rest.lessons_given += peer.lessons_given;
    rest.lessons_taken += peer.lessons_taken;
  }
  if (state.peers.size() > MetricsPort::kMaxPeers) add_peer(rest, "other", to);
}

void add_axon(const NeuronState& state, const MetricsPort::More& more, Families& to) {
  const NeuronState::Axon& axon = state.axon;
  to.counter("bittensor_axon_answered_total", "Requests answered.", axon.served);
  to.counter("bittensor_axon_failed_total", "Requests that the synapse could not answer.",
             axon.failed);
  for (const auto& [reason, count] : more.refused_by_reason) {
    to.counter("bittensor_axon_refused_total", "Requests refused, by reason.", count,
               {{"reason", reason}});
  }
  to.counter("bittensor_axon_rows_total", "Rows of answers.", axon.rows);
  to.gauge("bittensor_axon_queued_requests", "Requests that wait for the model now.",
           static_cast<double>(axon.queued));
  to.counter("bittensor_axon_received_bytes_total", "Bytes of requests.", axon.bytes_received);
  to.counter("bittensor_axon_sent_bytes_total", "Bytes of answers.", axon.bytes_sent);
}

void add_gossip(const MetricsPort::More& more, Families& to) {
  to.gauge("bittensor_gossip_known_neurons", "Other neurons known.",
           static_cast<double>(more.neurons_known));
  to.gauge("bittensor_gossip_proven_neurons", "Of these, those that answered at their address.",
           static_cast<double>(more.neurons_proven));
  to.counter("bittensor_gossip_rounds_total", "Rounds of gossip.", more.gossip_rounds);
  to.counter("bittensor_gossip_failed_total", "Partners that did not answer.",
             more.gossip_failed_calls);
  to.counter("bittensor_gossip_sent_bytes_total", "Bytes of gossip sent.", more.gossip_bytes_sent);
  to.counter("bittensor_gossip_refused_total", "Messages of wrong form, time or signature.",
             more.gossip_refused);
}

// By the names that Prometheus's own client libraries give.
void add_process(const NeuronState& state, Families& to) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  to.seconds_counter("process_cpu_seconds_total", "User and system time of the process.",
                     seconds(usage.ru_utime) + seconds(usage.ru_stime));
  to.gauge("process_start_time_seconds", "Unix time at which the neuron started.",
           state.neuron.started_s);
  long size = 0;
  long resident = 0;
  if (std::ifstream("/proc/self/statm") >> size >> resident) {
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    to.gauge("process_virtual_memory_bytes", "Virtual memory.", static_cast<double>(size) * page);
    to.gauge("process_resident_memory_bytes", "Resident memory.",
             static_cast<double>(resident) * page);
  }
  if (DIR* open = opendir("/proc/self/fd")) {
    int files = -3;  // "." and "..", and the folder itself
    while (readdir(open) != nullptr) ++files;
    closedir(open);
    to.gauge("process_open_fds", "Open files.", files);
  }
}

}  // namespace

class MetricsPort::Source {
 public:
  // As Prometheus reads it.
  std::string text() const {
    NeuronState state;
    More more;
    {
      MutexLock lock(mutex_);
      state = state_;
      more = more_;
    }
    Families families;
    add_training(state, families);
    add_peers(state, families);
    add_axon(state, more, families);
    add_gossip(more, families);
    add_process(state, families);
    return prometheus::TextSerializer().Serialize(families.take());
  }

  void update(const NeuronState& state, const More& more) {
    MutexLock lock(mutex_);
    state_ = state;
    // What no metric shows.
    state_.history.clear();
    state_.weights = {};
    state_.events.clear();
    more_ = more;
  }

 private:
  mutable Mutex mutex_;
  NeuronState state_ BITTENSOR_GUARDED_BY(mutex_);
  More more_ BITTENSOR_GUARDED_BY(mutex_);
};

MetricsPort::MetricsPort(std::unique_ptr<Source> source, std::unique_ptr<MetricsServer> server)
    : source_(std::move(source)), server_(std::move(server)) {}

MetricsPort::~MetricsPort() = default;

absl::StatusOr<std::unique_ptr<MetricsPort>> MetricsPort::listen(const std::string& address) {
  auto source = std::make_unique<Source>();
  BITTENSOR_ASSIGN_OR_RETURN(auto server, MetricsServer::listen(address, [source = source.get()] {
                               return source->text();
                             }));
  return std::unique_ptr<MetricsPort>(new MetricsPort(std::move(source), std::move(server)));
}

int MetricsPort::port() const {
  return server_->port();
}

void MetricsPort::update(const NeuronState& state, const More& more) {
  source_->update(state, more);
}

}  // namespace bittensor
