// SPDX-License-Identifier: MIT
#include "app/swarm_page.h"

#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace bittensor {
namespace {

using nlohmann::json;

std::string file_with(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "swarm_page_" + name;
  std::ofstream(path) << text;
  return path;
}

TEST(SwarmPage, HasEachNeuronsState) {
  SwarmPage page;
  page.set({{0, "running", "", file_with("a", "{\"training\":{\"step\":7}}\n")},
            {1, "failed", "no \"data\"\n", "/nowhere"}});
  const json state = json::parse(page.state());
  EXPECT_EQ(state["version"], 1);
  EXPECT_EQ(state["swarm"][0]["state"]["training"]["step"], 7);
  EXPECT_EQ(state["swarm"][1]["status"], "failed");
  EXPECT_EQ(state["swarm"][1]["failure"], "no \"data\"\n");
  EXPECT_TRUE(state["swarm"][1]["state"].is_null());
  EXPECT_EQ(page.state().find('\n'), std::string::npos);
}

TEST(SwarmPage, FileThatIsNoStateIsNone) {
  SwarmPage page;
  for (const char* text : {"", "[1]", "{\"half\":", "text", "{}}"}) {
    page.set({{0, "running", "", file_with("b", text)}});
    EXPECT_TRUE(json::parse(page.state())["swarm"][0]["state"].is_null()) << text;
  }
}

TEST(SwarmPage, NobodyIsAnEmptySwarm) {
  EXPECT_EQ(json::parse(SwarmPage().state())["swarm"], json::array());
}

}  // namespace
}  // namespace bittensor
