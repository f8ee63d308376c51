// SPDX-License-Identifier: MIT
#include "bittensor/neuron/neuron_watch.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "spdlog/spdlog.h"
#include "torch/types.h"

#include "bittensor/base/failure_text.h"
#include "bittensor/watch/event_file.h"
#include "bittensor/watch/metrics_port.h"
#include "bittensor/watch/state_files.h"

namespace bittensor {
namespace {

constexpr auto kDrawEvery = std::chrono::milliseconds(250);
constexpr auto kLookEvery = std::chrono::seconds(1);
// The matrix grows with the square of the network.
constexpr std::size_t kSmallMatrix = 64;
constexpr auto kLargeMatrixEvery = std::chrono::seconds(10);
constexpr Duration kHistogramsEvery = std::chrono::seconds(10);
constexpr double kStillAfter = 5;    // seconds without a step, after which it is said
constexpr double kLogWaitAfter = 5;  // seconds after which a wait is worth a line of the log
constexpr int kSlowAnswer = 4;       // an answer that takes such a part of the timeout is slow

// Who asks, but is not known by gossip, counts as there for so long.
constexpr auto kCallerStays = std::chrono::seconds(15);

std::string what_of(NeuronState::Phase phase, std::int64_t step) {
  switch (phase) {
    case NeuronState::Phase::kStarting:
      return "the start: data, model, checkpoint";
    case NeuronState::Phase::kTesting:
      return "the test to be done";
    case NeuronState::Phase::kSaving:
      return "the checkpoint to be written";
    default:
      return absl::StrCat("step ", step + 1, " to be computed");
  }
}

nlohmann::json peer_line(const NeuronState& state, const NeuronState::Peer& peer) {
  nlohmann::json line = to_json(peer);
  line["event"] = "peer";
  line["time_s"] = state.neuron.started_s + state.neuron.uptime_s;
  line["epoch"] = state.training.epoch;
  return line;
}

}  // namespace

NeuronWatch::NeuronWatch(Options options, Watch& watch, Executor& executor)
    : options_(std::move(options)), watch_(watch), executor_(executor), metrics_(metrics_file()) {}

NeuronWatch::~NeuronWatch() {
  stop();
}

absl::Status NeuronWatch::start() {
  if (!options_.prefix.empty() && options_.tensorboard) {
    event_file_ = std::make_unique<EventFile>(options_.prefix, watch_.unix_s());
  }
  if (!options_.metrics_address.empty()) {
    auto port = MetricsPort::listen(options_.metrics_address);
    if (!port.ok()) return port.status();
    port_ = *std::move(port);
  }
  look();
  thread_ = std::thread([this] { run(); });
  return absl::OkStatus();
}

void NeuronWatch::stop() {
  {
    MutexLock lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  look();
}

void NeuronWatch::run() {
  TimePoint next_look = executor_.now() + kLookEvery;
  while (true) {
    {
      MutexLock lock(mutex_);
      if (stopped_) return;
      wake_.wait_for(mutex_, options_.draw ? Duration(kDrawEvery) : Duration(kLookEvery));
      if (stopped_) return;
    }
    if (executor_.now() >= next_look) {
      next_look = executor_.now() + kLookEvery;
      look();
    }
    if (options_.draw) options_.draw(state());
  }
}

void NeuronWatch::attach(Metagraph& metagraph, Axon& axon, Dendrite& dendrite,
                         const PublicKey& self) {
  MutexLock lock(mutex_);
  parts_.emplace(Parts{metagraph, axon, dendrite});
  self_ = self;
}

void NeuronWatch::detach() {
  MutexLock lock(mutex_);
  if (!parts_) return;
  last_ = gather();
  parts_.reset();
}

void NeuronWatch::add_scores(const std::vector<SynapseRecord>& synapses, const at::Tensor& scores) {
  const at::Tensor values = scores.detach().to(at::kCPU, at::kFloat).contiguous();
  MutexLock lock(mutex_);
  if (scores_.size() > NeuronState::kMaxPeers) scores_.clear();
  const auto n = std::min(static_cast<std::size_t>(values.numel()), synapses.size());
  for (std::size_t i = 0; i < n; ++i) scores_[synapses[i].key] = values.data_ptr<float>()[i];
}

NeuronState NeuronWatch::state() {
  MutexLock lock(mutex_);
  return gather();
}

NeuronState NeuronWatch::gather() {
  NeuronState state = watch_.state();
  if (!parts_) {
    state.peers = last_.peers;
    state.weights = last_.weights;
    state.axon = last_.axon;
    state.axon.requests_per_s = 0;
    state.axon.queued = 0;
  } else {
    const Axon::Stats served = parts_->axon.stats();
    state.axon = {requests_per_s_, served.answered,       served.refused,        served.failed,
                  served.rows,     parts_->axon.queued(), served.bytes_received, served.bytes_sent};
    for (auto& [key, peer] : gather_peers()) state.peers.push_back(std::move(peer));
    std::sort(state.peers.begin(), state.peers.end(), [](const auto& a, const auto& b) {
      return std::tie(b.weight, b.last_seen_s) < std::tie(a.weight, a.last_seen_s);
    });
    if (state.peers.size() > NeuronState::kMaxPeers) state.peers.resize(NeuronState::kMaxPeers);
    gather_weights(state);
  }
  add_unsaid_waits(state);
  return state;
}

NeuronWatch::Peers NeuronWatch::gather_peers() {
  using Status = NeuronState::PeerStatus;
  const TimePoint now = executor_.now();
  const double now_s = watch_.unix_s();
  Peers peers;
  there_.clear();
  std::map<PublicKey, SynapseRecord> records;
  for (SynapseRecord& record : parts_->metagraph.get_synapses(NeuronState::kMaxPeers)) {
    if (record.key == self_) continue;
    there_.insert(record.key);
    NeuronState::Peer& peer = peers[record.key];
    peer.address = record.axon_address;
    peer.task = record.schema.task.name;
    peer.last_seen_s = now_s;
    records.emplace(record.key, std::move(record));
  }
  for (const PeerLedger::Account& account : parts_->dendrite.accounts()) {
    NeuronState::Peer& peer = peers[account.key];
    if (peer.address.empty()) {
      peer.address = account.address;
      peer.task = account.task;
      peer.status = Status::kGone;
      if (account.answered > 0) peer.last_seen_s = watch_.unix_s(account.answered_at);
    } else if (account.last_code == absl::StatusCode::kPermissionDenied ||
               account.last_code == absl::StatusCode::kUnauthenticated) {
      peer.status = Status::kRefused;
    } else if (parts_->dendrite.rests(records[account.key]) > Duration::zero()) {
      peer.status = Status::kFailing;
    } else if (account.answered > 0 && account.latency > options_.timeout / kSlowAnswer) {
      peer.status = Status::kSlow;
    }
    peer.last_failure = account.last_failure;
    if (account.answered > 0) {
      peer.latency_ms = std::chrono::duration<double, std::milli>(account.latency).count();
    }
    peer.asked = account.asked;
    peer.answered = account.answered;
    peer.failed = account.failed;
    peer.bytes_sent = account.bytes_sent;
    peer.bytes_received = account.bytes_received;
    peer.gradients_given = account.gradients_given;
    peer.lessons_given = account.lessons_given;
  }
  for (const CallerLedger::Account& account : parts_->axon.callers().accounts()) {
    if (account.key.is_zero()) continue;
    NeuronState::Peer& peer = peers[account.key];
    const double heard_s = watch_.unix_s(account.heard_at);
    if (peer.address.empty()) {  // Not known by gossip: it came by itself.
      peer.address = account.address;
      peer.status = now - account.heard_at > kCallerStays ? Status::kGone : Status::kOk;
    }
    peer.last_seen_s = std::max(peer.last_seen_s, heard_s);
    peer.bytes_received += account.bytes_received;
    peer.bytes_sent += account.bytes_sent;
    peer.gradients_taken = account.gradients;
    peer.lessons_taken = account.lessons;
    if (peer.last_failure.empty() && !account.last_refusal.empty()) {
      peer.last_failure = absl::StrCat("was refused here: ", account.last_refusal);
      if (account.answered == 0 && peer.answered == 0) peer.status = Status::kRefused;
    }
  }
  for (auto& [key, peer] : peers) {
    peer.key = key.hex();
    peer.weight = parts_->metagraph.get_weight(key);
    if (const auto score = scores_.find(key); score != scores_.end()) peer.score = score->second;
  }
  return peers;
}

void NeuronWatch::gather_weights(NeuronState& state) {
  const TimePoint now = executor_.now();
  if (now >= weights_due_) {
    const WeightMatrix matrix = parts_->metagraph.weight_matrix();
    const at::Tensor values = matrix.weights.contiguous();
    const std::size_t n = std::min(matrix.keys.size(), NeuronState::kMaxPeers);
    weights_ = {};
    for (std::size_t i = 0; i < n; ++i) {
      weights_.keys.push_back(matrix.keys[i].hex());
      const float* row = values.data_ptr<float>() + i * matrix.keys.size();
      std::vector<float> weights(row, row + n);
      const bool published =
          std::any_of(weights.begin(), weights.end(), [](float weight) { return weight != 0; });
      weights_.rows.push_back(published ? std::move(weights) : std::vector<float>());
    }
    weights_due_ = now + (n > kSmallMatrix ? Duration(kLargeMatrixEvery) : Duration(kLookEvery));
  }
  state.weights = weights_;
}

void NeuronWatch::add_unsaid_waits(NeuronState& state) {
  const double now = watch_.unix_s();
  NeuronState::Training& training = state.training;
  // Time spent in a wait that has been said is not time in which nothing moved.
  if (training.step != moved_step_ || training.phase != moved_phase_ || !training.waiting.empty()) {
    moved_step_ = training.step;
    moved_phase_ = training.phase;
    moved_at_s_ = now;
  }
  const bool has_company = parts_.has_value() && parts_->metagraph.size() > 0;
  if (!parts_ || has_company) {
    alone_since_s_ = 0;
  } else if (!options_.bootstrap.empty()) {
    if (alone_since_s_ == 0) alone_since_s_ = now;
    training.waiting.push_back(
        {absl::StrCat("an answer of bootstrap ", absl::StrJoin(options_.bootstrap, ", ")), "",
         alone_since_s_, 0});
  }
  if (training.phase == NeuronState::Phase::kEnded) return;
  if (training.waiting.empty() && now - moved_at_s_ > kStillAfter) {
    training.waiting.push_back({what_of(training.phase, training.step), "", moved_at_s_, 0});
  }
}

void NeuronWatch::look() {
  MutexLock lock(mutex_);
  NeuronState state = gather();
  note_requests(state);
  if (parts_.has_value()) note_changes(state);
  state.axon.requests_per_s = requests_per_s_;
  state.events = watch_.state().events;
  log_long_waits(state);
  write(state);
}

void NeuronWatch::note_requests(const NeuronState& state) {
  const TimePoint now = executor_.now();
  const std::uint64_t requests = state.axon.served + state.axon.refused + state.axon.failed;
  const double time = std::chrono::duration<double>(now - requests_at_).count();
  if (time <= 0) return;
  requests_per_s_ = static_cast<double>(requests - requests_) / time;
  requests_ = requests;
  requests_at_ = now;
}

void NeuronWatch::note_changes(const NeuronState& state) {
  using Kind = NeuronState::EventKind;
  using Status = NeuronState::PeerStatus;
  for (const NeuronState::Peer& peer : state.peers) {
    const auto key = PublicKey::from_hex(peer.key);
    if (!key.ok()) continue;
    const bool there = there_.count(*key) > 0;
    const auto before = seen_.find(peer.key);
    const std::string name = key->short_hex();
    const Seen was = before == seen_.end() ? Seen() : before->second;
    if (there && !was.there) {
      watch_.add_event(Kind::kCame, absl::StrCat(name, " at ", peer.address, " came"), peer.key);
    }
    if (was.there && !there) {
      const bool farewell = parts_->metagraph.said_goodbye(*key);
      watch_.add_event(
          Kind::kLeft,
          absl::StrCat(name, " at ", peer.address,
                       farewell ? " left: it said goodbye" : " left: gone, it fell silent",
                       peer.last_failure.empty() ? "" : "; its last failure was ",
                       peer.last_failure),
          peer.key);
    }
    const bool bad = peer.status == Status::kFailing || peer.status == Status::kRefused;
    if (bad && was.status != peer.status) {
      watch_.add_event(Kind::kFailed,
                       absl::StrCat(name, " at ", peer.address, " ", peer.last_failure), peer.key);
    }
    seen_[peer.key] = {there, peer.status, watch_.unix_s()};
  }
  if (seen_.size() <= 4 * NeuronState::kMaxPeers) return;
  for (auto it = seen_.begin(); it != seen_.end();)
    it = it->second.there ? std::next(it) : seen_.erase(it);
}

void NeuronWatch::log_long_waits(const NeuronState& state) {
  std::set<std::string> waiting;
  for (const NeuronState::Waiting& of : state.training.waiting) {
    const std::string name = absl::StrCat(of.what, of.peer, static_cast<std::int64_t>(of.since_s));
    const double now = watch_.unix_s();
    if (now - of.since_s < kLogWaitAfter) continue;
    waiting.insert(name);
    if (logged_waits_.count(name) > 0) continue;
    const std::string text = waiting_text(of, now);
    spdlog::info("{}", text);
    if (options_.say) options_.say(text);
    watch_.add_event(NeuronState::EventKind::kWaiting, text, of.peer);
  }
  logged_waits_ = std::move(waiting);
}

void NeuronWatch::write(const NeuronState& state) {
  if (port_ != nullptr) {
    MetricsPort::More more;
    if (parts_.has_value()) {
      const Metagraph::Stats gossip = parts_->metagraph.stats();
      more.gossip_rounds = gossip.rounds;
      more.gossip_failed_calls = gossip.failed_calls;
      more.gossip_bytes_sent = gossip.bytes_sent;
      more.gossip_refused = gossip.refused;
      more.neurons_known = parts_->metagraph.size();
      more.neurons_proven = there_.size();
      for (const auto& [code, count] : parts_->axon.callers().refusals()) {
        more.refused_by_reason[failure_reason(code)] += count;
      }
    }
    port_->update(state, more);
  }
  if (options_.prefix.empty()) return;
  const absl::Status written = write_status_file(status_file(), state, watch_.unix_s());
  if (!written.ok() && !write_failed_) spdlog::warn("{}", written.ToString());
  write_failed_ = !written.ok();

  const auto line = [this](const nlohmann::json& object) BITTENSOR_REQUIRES(mutex_) {
    metrics_.add(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  };
  for (const NeuronState::Point& point : state.history) {
    if (point.time_s <= points_until_s_) continue;
    points_until_s_ = point.time_s;
    nlohmann::json object = to_json(point);
    object["event"] = "point";
    line(object);
    if (event_file_ != nullptr) event_file_->add_point(point);
  }
  double new_events_until_s = events_until_s_;
  for (const NeuronState::Event& event : state.events) {
    if (event.time_s <= events_until_s_) continue;
    new_events_until_s = std::max(new_events_until_s, event.time_s);
    nlohmann::json object = to_json(event);
    object["event"] = object["kind"];
    object.erase("kind");
    line(object);
  }
  events_until_s_ = new_events_until_s;
  // Of each epoch, and at the end.
  const bool ended = state.training.phase == NeuronState::Phase::kEnded;
  const std::int64_t epoch = state.training.epoch + (ended ? 1 : 0);
  if (epoch > written_epoch_ && written_epoch_ > 0) {
    for (const NeuronState::Peer& peer : state.peers) line(peer_line(state, peer));
    histograms_due_ = {};
  }
  written_epoch_ = epoch;
  if (event_file_ != nullptr && executor_.now() >= histograms_due_) {
    event_file_->add_peers(state);
    histograms_due_ = executor_.now() + kHistogramsEvery;
  }
  metrics_.flush();
  if (event_file_ != nullptr) event_file_->flush();
}

}  // namespace bittensor
