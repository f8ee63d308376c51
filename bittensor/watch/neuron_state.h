// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"

namespace bittensor {

// What a neuron does, and what came of it, at one moment: what `bittensor status`, the live view,
// the page and /metrics show. All times are Unix times in seconds; what is not known is empty.
//
// A value: whoever has it, has it alone.
struct NeuronState {
  static constexpr std::size_t kMaxPeers = 500;
  static constexpr std::size_t kMaxHistory = 2000;
  static constexpr std::size_t kMaxEvents = 200;

  enum class Phase { kStarting, kWaiting, kTraining, kTesting, kSaving, kEnded };

  // Who it is.
  struct About {
    std::string key;      // hexadecimal
    std::string name;     // for people: "neuron-0"
    std::string program;  // what it trains: "mnist"
    std::string task;     // of its synapse; may be empty
    std::string address;  // of its axon, host:port
    double started_s = 0;
    double uptime_s = 0;
    std::string release;  // of the program
  };

  // Something that has not come yet.
  struct Waiting {
    std::string what;  // "answers of 2 peers"
    std::string peer;  // its key; empty: nobody's in particular
    double since_s = 0;
    double until_s = 0;  // then it goes on without; 0: for as long as it takes
  };

  // One figure for each way to use the model: without the network ever (`--control`), without it
  // now, with it.
  struct Accuracy {  // in [0, 1], of the test set
    std::optional<double> alone, local, network;
  };
  struct Loss {
    std::optional<double> local, network;  // mean over the last steps
    std::optional<double> train;           // all that is minimised
  };

  struct Training {
    Phase phase = Phase::kStarting;
    std::vector<Waiting> waiting;
    std::int64_t epoch = 0;  // under way, from 1
    std::int64_t epochs = 0;
    std::int64_t step = 0;  // done, through all epochs
    std::int64_t steps = 0;
    double samples_per_s = 0;           // of training, over the last seconds
    std::optional<double> time_left_s;  // until all epochs are done
    Loss loss;
    Accuracy accuracy;
  };

  // A point of the curves.
  struct Point {
    std::int64_t step = 0;
    double time_s = 0;
    Loss loss;
    Accuracy accuracy;
    double samples_per_s = 0;
  };

  enum class PeerStatus { kOk, kSlow, kFailing, kGone, kRefused };

  // What passed between this neuron and another, since the start. Given and taken is seen from
  // here: it gives gradients and lessons to others' models, and takes theirs.
  struct Peer {
    std::string key;
    std::string address;
    std::string task;
    PeerStatus status = PeerStatus::kOk;
    std::string last_failure;          // empty: none
    std::optional<double> latency_ms;  // of its answers, smoothed
    double weight = 0;                 // in [0, 1]
    std::optional<double> score;       // of the router, mean over the last batch that had it
    double last_seen_s = 0;
    std::uint64_t asked = 0, answered = 0, failed = 0;
    std::uint64_t bytes_sent = 0, bytes_received = 0;
    std::uint64_t gradients_given = 0, gradients_taken = 0;
    std::uint64_t lessons_given = 0, lessons_taken = 0;
  };

  // Who values whom: rows[i][j] in [0, 1] is what keys[i] thinks of keys[j]. An empty row: nobody
  // published it.
  struct Weights {
    std::vector<std::string> keys;
    std::vector<std::vector<float>> rows;
  };

  // What others ask of it.
  struct Axon {
    double requests_per_s = 0;
    std::uint64_t served = 0, refused = 0, failed = 0;
    std::uint64_t rows = 0;    // of answers
    std::uint64_t queued = 0;  // now
    std::uint64_t bytes_received = 0, bytes_sent = 0;
  };

  enum class EventKind { kCame, kLeft, kFailed, kWaiting, kSaved, kBest, kMessage };

  struct Event {
    double time_s = 0;
    EventKind kind = EventKind::kMessage;
    std::string peer;  // its key; may be empty
    std::string text;
  };

  About neuron;
  Training training;
  std::vector<Point> history;  // oldest first, thinned where it is long
  std::vector<Peer> peers;     // those that count most first
  Weights weights;
  Axon axon;
  std::vector<Event> events;  // oldest first
};

// "waiting", "left", "refused": the words of the JSON.
const char* to_string(NeuronState::Phase phase);
const char* to_string(NeuronState::PeerStatus status);
const char* to_string(NeuronState::EventKind kind);

// docs/operations/watching.md describes it. Holds at most kMaxPeers peers and rows of weights,
// kMaxHistory points and kMaxEvents events, whatever the state holds. What is not known is null.
nlohmann::json to_json(const NeuronState& state);
nlohmann::json to_json(const NeuronState::Point& point);
nlohmann::json to_json(const NeuronState::Peer& peer);
nlohmann::json to_json(const NeuronState::Event& event);

// The way back. kInvalidArgument if something is not as to_json() makes it; fields that are not
// known are passed over, and those that are missing are as in a new state.
absl::StatusOr<NeuronState> neuron_state_of(const nlohmann::json& json);

}  // namespace bittensor
