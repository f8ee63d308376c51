// SPDX-License-Identifier: MIT
#include "bittensor/watch/report_page.h"

#include "gmock/gmock.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ReportedNeuron some_neuron(const std::string& name, const std::string& key) {
  ReportedNeuron neuron;
  neuron.state.neuron.name = name;
  neuron.state.neuron.key = key;
  neuron.state.training.accuracy = {0.913, 0.947, 0.952};
  neuron.state.history.push_back({10, 1, {1.5, 1.0, {}}, {}, 100});
  neuron.state.history.push_back({20, 2, {1.0, 0.5, {}}, {}, 100});
  neuron.report = {{"confusion", {{98, 2}, {1, 99}}}, {"answers_ok", 75}, {"test_loss", 0.2}};
  return neuron;
}

TEST(ReportPage, HasTheTableTheCurvesTheConfusionAndTheCommand) {
  std::vector<ReportedNeuron> neurons = {some_neuron("neuron-0", "aa"),
                                         some_neuron("neuron-1", "bb")};
  NeuronState::Peer peer;
  peer.key = "bb";
  peer.lessons_taken = 42;
  neurons[0].state.peers.push_back(peer);
  const std::string page = report_page("mnist", neurons, "./run mnist --neurons 2");
  for (const char* part : {"91.30 %", "94.70 %", "95.20 %", "<polyline", "local loss", ">98<",
                           ">42/0<", "./run mnist --neurons 2",
                           ">neuron-0</td><td role=cell data-name=\"peer\">neuron-1</td>"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
}

TEST(ReportPage, FetchesNothing) {
  const std::string page = report_page("mnist", {some_neuron("a", "aa")}, "x");
  for (const char* part : {"http:", "https:", "<script", "src=", "@import", "url("}) {
    EXPECT_THAT(page, Not(HasSubstr(part)));
  }
}

TEST(ReportPage, WhatStrangersSaidIsText) {
  ReportedNeuron neuron = some_neuron("<script>alert(1)</script>", "aa");
  NeuronState::Peer peer;
  peer.last_failure = "<img src=x onerror=alert(1)>";
  neuron.state.peers.push_back(peer);
  neuron.state.events.push_back({1, NeuronState::EventKind::kLeft, "", "<b>left</b>"});
  const std::string page = report_page("<i>", {neuron}, "echo '<u>'");
  for (const char* part : {"<script", "<img", "<b>", "<i>", "<u>"}) {
    EXPECT_THAT(page, Not(HasSubstr(part)));
  }
}

TEST(ReportPage, ANeuronWithoutAReportIsShownAsFarAsItCame) {
  ReportedNeuron neuron;
  neuron.state.neuron.key = "aabbccddee";
  EXPECT_THAT(report_page("mnist", {neuron}, ""), HasSubstr("aabbccdd"));
}

TEST(CommandLine, IsThisProcesss) {
  EXPECT_THAT(command_line(), HasSubstr("watch_test"));
}

}  // namespace
}  // namespace bittensor
