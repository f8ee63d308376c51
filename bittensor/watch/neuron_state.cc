// SPDX-License-Identifier: MIT
#include "bittensor/watch/neuron_state.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace bittensor {
namespace {

using nlohmann::json;

json number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? json(*value) : json();
}

json array_of(const std::vector<NeuronState::Waiting>& waiting) {
  json array = json::array();
  for (const NeuronState::Waiting& of : waiting) {
    array.push_back({{"what", of.what},
                     {"peer", of.peer},
                     {"since_s", of.since_s},
                     {"until_s", of.until_s > 0 ? json(of.until_s) : json()}});
  }
  return array;
}

json to_json(const NeuronState::Training& training) {
  return {{"phase", to_string(training.phase)},
          {"waiting", array_of(training.waiting)},
          {"epoch", training.epoch},
          {"epochs", training.epochs},
          {"step", training.step},
          {"steps", training.steps},
          {"samples_per_s", number(training.samples_per_s)},
          {"time_left_s", number(training.time_left_s)},
          {"loss",
           {{"local", number(training.loss.local)},
            {"network", number(training.loss.network)},
            {"train", number(training.loss.train)}}},
          {"accuracy",
           {{"alone", number(training.accuracy.alone)},
            {"local", number(training.accuracy.local)},
            {"network", number(training.accuracy.network)}}}};
}

// A thousandth is more than a picture shows, and a tenth of the digits.
json to_json(const NeuronState::Weights& weights) {
  const std::size_t n = std::min(weights.keys.size(), NeuronState::kMaxPeers);
  json keys = json::array();
  json rows = json::array();
  for (std::size_t i = 0; i < n; ++i) {
    keys.push_back(weights.keys[i]);
    if (i >= weights.rows.size() || weights.rows[i].empty()) {
      rows.push_back(nullptr);
      continue;
    }
    json row = json::array();
    for (std::size_t j = 0; j < std::min(n, weights.rows[i].size()); ++j) {
      row.push_back(std::round(1000.0 * weights.rows[i][j]) / 1000);
    }
    rows.push_back(std::move(row));
  }
  return {{"keys", std::move(keys)}, {"rows", std::move(rows)}};
}

// The first `most` of a list, or its last.
enum class Keep { kFirst, kLast };

template <typename T>
json array_of(const std::vector<T>& list, std::size_t most, Keep keep) {
  const std::size_t n = std::min(list.size(), most);
  const std::size_t begin = keep == Keep::kLast ? list.size() - n : 0;
  json array = json::array();
  for (std::size_t i = begin; i < begin + n; ++i) array.push_back(to_json(list[i]));
  return array;
}

// The way back: what is missing or null leaves the value as it is.
const json& at(const json& object, const char* name) {
  static const json kNothing;
  const auto found = object.find(name);
  return found != object.end() ? *found : kNothing;
}

template <typename T>
void read(const json& object, const char* name, T& value) {
  const json& found = at(object, name);
  if (!found.is_null()) value = found.get<T>();
}

template <typename T>
void read(const json& object, const char* name, std::optional<T>& value) {
  const json& found = at(object, name);
  if (!found.is_null()) value = found.get<T>();
}

template <typename E>
E word_of(const json& object, const char* name, E last) {
  const std::string word = object.value(name, "");
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (word == to_string(static_cast<E>(i))) return static_cast<E>(i);
  }
  return E();
}

void read_training(const json& object, NeuronState::Training& training) {
  training.phase = word_of(object, "phase", NeuronState::Phase::kEnded);
  for (const json& each : at(object, "waiting")) {
    NeuronState::Waiting waiting;
    read(each, "what", waiting.what);
    read(each, "peer", waiting.peer);
    read(each, "since_s", waiting.since_s);
    read(each, "until_s", waiting.until_s);
    training.waiting.push_back(std::move(waiting));
  }
  read(object, "epoch", training.epoch);
  read(object, "epochs", training.epochs);
  read(object, "step", training.step);
  read(object, "steps", training.steps);
  read(object, "samples_per_s", training.samples_per_s);
  read(object, "time_left_s", training.time_left_s);
  const json& loss = at(object, "loss");
  read(loss, "local", training.loss.local);
  read(loss, "network", training.loss.network);
  read(loss, "train", training.loss.train);
  const json& accuracy = at(object, "accuracy");
  read(accuracy, "alone", training.accuracy.alone);
  read(accuracy, "local", training.accuracy.local);
  read(accuracy, "network", training.accuracy.network);
}

NeuronState::Point point_of(const json& object) {
  NeuronState::Point point;
  read(object, "step", point.step);
  read(object, "time_s", point.time_s);
  read(object, "loss_train", point.loss.train);
  read(object, "loss_local", point.loss.local);
  read(object, "loss_network", point.loss.network);
  read(object, "accuracy_alone", point.accuracy.alone);
  read(object, "accuracy_local", point.accuracy.local);
  read(object, "accuracy_network", point.accuracy.network);
  read(object, "samples_per_s", point.samples_per_s);
  return point;
}

NeuronState::Peer peer_of(const json& object) {
  NeuronState::Peer peer;
  read(object, "key", peer.key);
  read(object, "address", peer.address);
  read(object, "task", peer.task);
  peer.status = word_of(object, "status", NeuronState::PeerStatus::kRefused);
  read(object, "last_failure", peer.last_failure);
  read(object, "latency_ms", peer.latency_ms);
  read(object, "weight", peer.weight);
  read(object, "score", peer.score);
  read(object, "last_seen_s", peer.last_seen_s);
  read(object, "asked", peer.asked);
  read(object, "answered", peer.answered);
  read(object, "failed", peer.failed);
  read(object, "bytes_sent", peer.bytes_sent);
  read(object, "bytes_received", peer.bytes_received);
  read(object, "gradients_given", peer.gradients_given);
  read(object, "gradients_taken", peer.gradients_taken);
  read(object, "lessons_given", peer.lessons_given);
  read(object, "lessons_taken", peer.lessons_taken);
  return peer;
}

NeuronState::Event event_of(const json& object) {
  NeuronState::Event event;
  read(object, "time_s", event.time_s);
  event.kind = word_of(object, "kind", NeuronState::EventKind::kMessage);
  read(object, "peer", event.peer);
  read(object, "text", event.text);
  return event;
}

}  // namespace

const char* to_string(NeuronState::Phase phase) {
  switch (phase) {
    case NeuronState::Phase::kStarting:
      return "starting";
    case NeuronState::Phase::kWaiting:
      return "waiting";
    case NeuronState::Phase::kTraining:
      return "training";
    case NeuronState::Phase::kTesting:
      return "testing";
    case NeuronState::Phase::kSaving:
      return "saving";
    case NeuronState::Phase::kEnded:
      return "ended";
  }
  return "";
}

const char* to_string(NeuronState::PeerStatus status) {
  switch (status) {
    case NeuronState::PeerStatus::kOk:
      return "ok";
    case NeuronState::PeerStatus::kSlow:
      return "slow";
    case NeuronState::PeerStatus::kFailing:
      return "failing";
    case NeuronState::PeerStatus::kGone:
      return "gone";
    case NeuronState::PeerStatus::kRefused:
      return "refused";
  }
  return "";
}

const char* to_string(NeuronState::EventKind kind) {
  switch (kind) {
    case NeuronState::EventKind::kCame:
      return "came";
    case NeuronState::EventKind::kLeft:
      return "left";
    case NeuronState::EventKind::kFailed:
      return "failed";
    case NeuronState::EventKind::kWaiting:
      return "waiting";
    case NeuronState::EventKind::kSaved:
      return "saved";
    case NeuronState::EventKind::kBest:
      return "best";
    case NeuronState::EventKind::kMessage:
      return "message";
  }
  return "";
}

json to_json(const NeuronState& state) {
  const NeuronState::About& about = state.neuron;
  const NeuronState::Axon& axon = state.axon;
  return {
      {"version", 1},
      {"neuron",
       {{"key", about.key},
        {"name", about.name},
        {"program", about.program},
        {"task", about.task},
        {"address", about.address},
        {"started", about.started_s},
        {"uptime_s", about.uptime_s},
        {"release", about.release}}},
      {"training", to_json(state.training)},
      {"history", array_of(state.history, NeuronState::kMaxHistory, Keep::kLast)},
      {"peers", array_of(state.peers, NeuronState::kMaxPeers, Keep::kFirst)},
      {"weights", to_json(state.weights)},
      {"axon",
       {{"requests_per_s", number(axon.requests_per_s)},
        {"served", axon.served},
        {"refused", axon.refused},
        {"failed", axon.failed},
        {"rows", axon.rows},
        {"queued", axon.queued},
        {"bytes_received", axon.bytes_received},
        {"bytes_sent", axon.bytes_sent}}},
      {"events", array_of(state.events, NeuronState::kMaxEvents, Keep::kLast)},
  };
}

json to_json(const NeuronState::Point& point) {
  return {{"step", point.step},
          {"time_s", point.time_s},
          {"loss_train", number(point.loss.train)},
          {"loss_local", number(point.loss.local)},
          {"loss_network", number(point.loss.network)},
          {"accuracy_alone", number(point.accuracy.alone)},
          {"accuracy_local", number(point.accuracy.local)},
          {"accuracy_network", number(point.accuracy.network)},
          {"samples_per_s", number(point.samples_per_s)}};
}

json to_json(const NeuronState::Peer& peer) {
  return {{"key", peer.key},
          {"address", peer.address},
          {"task", peer.task},
          {"status", to_string(peer.status)},
          {"last_failure", peer.last_failure},
          {"latency_ms", number(peer.latency_ms)},
          {"weight", number(peer.weight)},
          {"score", number(peer.score)},
          {"last_seen_s", peer.last_seen_s},
          {"asked", peer.asked},
          {"answered", peer.answered},
          {"failed", peer.failed},
          {"bytes_sent", peer.bytes_sent},
          {"bytes_received", peer.bytes_received},
          {"gradients_given", peer.gradients_given},
          {"gradients_taken", peer.gradients_taken},
          {"lessons_given", peer.lessons_given},
          {"lessons_taken", peer.lessons_taken}};
}

json to_json(const NeuronState::Event& event) {
  return {{"time_s", event.time_s},
          {"kind", to_string(event.kind)},
          {"peer", event.peer},
          {"text", event.text}};
}

absl::StatusOr<NeuronState> neuron_state_of(const json& all) {
  try {
    if (all.value("version", 0) != 1) {
      return absl::InvalidArgumentError("not the state of a neuron, or of another version");
    }
    NeuronState state;
    const json& about = at(all, "neuron");
    if (!about.is_object()) return absl::InvalidArgumentError("the state names no neuron");
    read(about, "key", state.neuron.key);
    read(about, "name", state.neuron.name);
    read(about, "program", state.neuron.program);
    read(about, "task", state.neuron.task);
    read(about, "address", state.neuron.address);
    read(about, "started", state.neuron.started_s);
    read(about, "uptime_s", state.neuron.uptime_s);
    read(about, "release", state.neuron.release);
    read_training(at(all, "training"), state.training);
    for (const json& point : at(all, "history")) state.history.push_back(point_of(point));
    for (const json& peer : at(all, "peers")) state.peers.push_back(peer_of(peer));
    for (const json& event : at(all, "events")) state.events.push_back(event_of(event));
    const json& weights = at(all, "weights");
    read(weights, "keys", state.weights.keys);
    for (const json& row : at(weights, "rows")) {
      state.weights.rows.push_back(row.is_null() ? std::vector<float>()
                                                 : row.get<std::vector<float>>());
    }
    const json& axon = at(all, "axon");
    read(axon, "requests_per_s", state.axon.requests_per_s);
    read(axon, "served", state.axon.served);
    read(axon, "refused", state.axon.refused);
    read(axon, "failed", state.axon.failed);
    read(axon, "rows", state.axon.rows);
    read(axon, "queued", state.axon.queued);
    read(axon, "bytes_received", state.axon.bytes_received);
    read(axon, "bytes_sent", state.axon.bytes_sent);
    return state;
  } catch (const json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("not the state of a neuron: ", error.what()));
  }
}

}  // namespace bittensor
