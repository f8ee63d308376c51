// SPDX-License-Identifier: MIT
#include "bittensor/watch/live_view.h"

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

NeuronState some_state() {
  NeuronState state;
  state.neuron.name = "neuron-0";
  state.neuron.key = "3f2a91c0aabb";
  state.neuron.started_s = 100;
  state.neuron.uptime_s = 10;
  state.training.phase = NeuronState::Phase::kTraining;
  state.training.epoch = state.training.epochs = 1;
  state.training.step = 150;
  state.training.steps = 600;
  state.training.samples_per_s = 2100;
  state.training.time_left_s = 31;
  state.training.loss = {0.3, 0.28, {}};
  state.training.accuracy.alone = 0.913;
  state.training.waiting.push_back({"answers of 2 peers", "", 108, 113});
  for (const double loss : {4.0, 2.0, 1.0}) state.history.push_back({0, 0, {loss, {}, {}}, {}, 0});
  return state;
}

TEST(LiveView, SaysHowTrainingGoesAndWhatItWaitsFor) {
  NeuronState state = some_state();
  NeuronState::Peer peer;
  peer.key = "8e1200aa11";
  peer.latency_ms = 3.14;
  peer.gradients_given = 12;
  peer.gradients_taken = 14;
  state.peers.push_back(peer);
  const std::string view = absl::StrJoin(live_view(state, 200, 50), "\n");
  for (const char* part :
       {"neuron-0 3f2a91c0  training  epoch 1/1  step 150/600  2100 samples/s  31 s left", "25%",
        "local 0.300", "█▃▁", "network 0.280", "alone 91.30 %  local -",
        "waits for answers of 2 peers, since 2 s, 3 s more at most", "8e1200aa", "3.1 ms",
        "12/14"}) {
    EXPECT_THAT(view, HasSubstr(part));
  }
}

TEST(LiveView, FitsTheTerminal) {
  NeuronState state = some_state();
  state.peers.resize(300);
  const std::vector<std::string> lines = live_view(state, 40, 12);
  ASSERT_EQ(lines.size(), 12);
  EXPECT_EQ(lines.back(), "  and 296 more");
  for (const std::string& line : lines) EXPECT_EQ(line, cut(line, 40));
}

TEST(LiveView, ARowHasAPlaceForEachFigure) {
  const std::string row = live_row(some_state(), 200);
  for (const char* part : {"neuron-0", "training", "25%", "2100", "31 s", "0.300", "█▃▁"}) {
    EXPECT_THAT(row, HasSubstr(part));
  }
  EXPECT_THAT(live_heading(200), HasSubstr("samples/s"));
}

TEST(Trend, IsOfAllValuesInAsManyBlocks) {
  EXPECT_EQ(trend({}, 8), "");
  EXPECT_EQ(trend({1, 1}, 8), "▁▁");
  EXPECT_EQ(trend({0, 0, 1, 1}, 2), "▁█");
}

TEST(Cut, CountsCharactersNotBytes) {
  EXPECT_EQ(cut("━━━x", 3), "━━━");
  EXPECT_EQ(cut("ab", 3), "ab");
}

}  // namespace
}  // namespace bittensor
