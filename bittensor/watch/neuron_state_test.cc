// SPDX-License-Identifier: MIT
#include "bittensor/watch/neuron_state.h"

#include <limits>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace bittensor {
namespace {

using nlohmann::json;

TEST(NeuronState, WhatIsNotKnownIsNull) {
  NeuronState state;
  state.training.loss.train = std::numeric_limits<double>::quiet_NaN();
  state.training.waiting.push_back({"the first peer", "", 100, 0});
  const json training = to_json(state)["training"];
  EXPECT_EQ(training["phase"], "starting");
  EXPECT_EQ(training["time_left_s"], nullptr);
  EXPECT_EQ(training["loss"]["train"], nullptr);
  EXPECT_EQ(training["accuracy"]["alone"], nullptr);
  EXPECT_EQ(training["waiting"][0]["until_s"], nullptr) << "it waits for as long as it takes";
  EXPECT_EQ(training["waiting"][0]["since_s"], 100);
}

TEST(NeuronState, ARowOfWeightsThatNobodyPublishedIsNull) {
  NeuronState state;
  state.weights.keys = {"aa", "bb"};
  state.weights.rows = {{0.0f, 0.3333333f}, {}};
  EXPECT_EQ(to_json(state)["weights"].dump(), R"({"keys":["aa","bb"],"rows":[[0.0,0.333],null]})");
}

TEST(NeuronState, JsonIsBoundedWhateverTheStateHolds) {
  NeuronState state;
  state.peers.resize(600);
  state.peers.front().key = "first";
  state.history.resize(3000);
  state.history.back().step = 3000;
  state.events.resize(300);
  state.events.back().text = "last";
  state.weights.keys.resize(600);
  state.weights.rows.assign(600, std::vector<float>(600));
  const json all = to_json(state);
  EXPECT_EQ(all["peers"].size(), NeuronState::kMaxPeers);
  EXPECT_EQ(all["peers"].front()["key"], "first") << "those that count most are kept";
  EXPECT_EQ(all["history"].size(), NeuronState::kMaxHistory);
  EXPECT_EQ(all["history"].back()["step"], 3000) << "the latest are kept";
  EXPECT_EQ(all["events"].size(), NeuronState::kMaxEvents);
  EXPECT_EQ(all["events"].back()["text"], "last");
  EXPECT_EQ(all["weights"]["rows"].size(), NeuronState::kMaxPeers);
  EXPECT_EQ(all["weights"]["rows"].back().size(), NeuronState::kMaxPeers);
}

TEST(NeuronState, StatusesAndKindsAreWords) {
  NeuronState state;
  state.peers.push_back({});
  state.peers.back().status = NeuronState::PeerStatus::kRefused;
  state.events.push_back({12, NeuronState::EventKind::kLeft, "aa", "gone"});
  const json all = to_json(state);
  EXPECT_EQ(all["peers"][0]["status"], "refused");
  EXPECT_EQ(all["events"][0],
            json({{"time_s", 12}, {"kind", "left"}, {"peer", "aa"}, {"text", "gone"}}));
}

TEST(NeuronState, ComesBackFromItsJson) {
  NeuronState state;
  state.neuron.key = "aa";
  state.training.phase = NeuronState::Phase::kSaving;
  state.training.waiting.push_back({"the lock", "", 1, 2});
  state.training.accuracy.network = 0.5;
  state.history.push_back({3, 4, {0.1, {}, 0.2}, {{}, 0.9, {}}, 5});
  state.peers.push_back({});
  state.peers.back().status = NeuronState::PeerStatus::kGone;
  state.peers.back().latency_ms = 3.5;
  state.weights.keys = {"aa", "bb"};
  state.weights.rows = {{0, 0.5f}, {}};
  state.events.push_back({1, NeuronState::EventKind::kBest, "", "best"});
  const auto again = neuron_state_of(to_json(state));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(to_json(*again), to_json(state));
}

TEST(NeuronState, WhatIsNotAStateIsAnError) {
  for (const char* text : {"{}", "[]", R"({"version":2})", R"({"version":1,"neuron":[]})",
                           R"({"version":1,"neuron":{"key":7}})"}) {
    EXPECT_FALSE(neuron_state_of(json::parse(text)).ok()) << text;
  }
}

}  // namespace
}  // namespace bittensor
