// SPDX-License-Identifier: MIT
#include "bittensor/watch/trace.h"

#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/manual_executor.h"

namespace bittensor {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

json with(const json& events, const std::string& name, const std::string& phase) {
  for (const json& event : events) {
    if (event.value("name", "") == name && event.value("ph", "") == phase) return event;
  }
  return {};
}

TEST(Trace, HasThePartsOfAStepAndTheCallsOfItsPeers) {
  const std::string path = ::testing::TempDir() + "/trace.json";
  ManualExecutor executor;
  {
    const auto trace = Trace::create(path, executor);
    ASSERT_TRUE(trace.ok()) << trace.status();
    const Trace::Span step(trace->get(), "learn", 7);
    executor.advance(milliseconds(1));
    {
      const Trace::Span part(trace->get(), "backward");
      executor.advance(milliseconds(2));
    }
    (*trace)->add_call("aa", "forward", executor.now() - milliseconds(2), executor.now(),
                       "deadline: \"late\"");
  }
  const json events = json::parse(text_of(path));
  EXPECT_EQ(with(events, "learn", "X")["args"]["step"], 7);
  EXPECT_EQ(with(events, "learn", "X")["dur"], 3000);
  EXPECT_EQ(with(events, "backward", "X")["ts"], 1000);
  EXPECT_EQ(with(events, "backward", "X")["dur"], 2000);
  EXPECT_EQ(with(events, "forward", "b")["ts"], 1000);
  EXPECT_EQ(with(events, "forward", "b")["args"]["failure"], "deadline: \"late\"");
  EXPECT_EQ(with(events, "forward", "e")["ts"], 3000);
  for (const json& event : events) {
    for (const char* field : {"ph", "ts", "pid", "tid", "name"}) {
      EXPECT_TRUE(event.contains(field)) << event << " has no " << field;
    }
  }
}

TEST(Trace, WithoutOneASpanDoesNothing) {
  const Trace::Span span(nullptr, "learn");
}

TEST(Trace, SaysWhichFileItCannotWrite) {
  ManualExecutor executor;
  const auto trace = Trace::create("/nonexistent/trace.json", executor);
  ASSERT_FALSE(trace.ok());
  EXPECT_NE(std::string(trace.status().message()).find("/nonexistent/trace.json"),
            std::string::npos);
}

}  // namespace
}  // namespace bittensor
