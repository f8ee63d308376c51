// SPDX-License-Identifier: MIT
#include "bittensor/watch/neuron_state.h"

#include <algorithm>
#include <cmath>

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

json to_json(const NeuronState::Event& event) {
  return {{"time_s", event.time_s},
          {"kind", to_string(event.kind)},
          {"peer", event.peer},
          {"text", event.text}};
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

}  // namespace bittensor
