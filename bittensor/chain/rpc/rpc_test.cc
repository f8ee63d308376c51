// SPDX-License-Identifier: MIT
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/chain/rpc/endpoint.h"
#include "bittensor/chain/rpc/endpoint_rotation.h"
#include "bittensor/chain/rpc/json_rpc.h"
#include "bittensor/chain/rpc/reconnecting_client.h"

namespace bittensor {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(Endpoint, HasASchemeAHostAndAPort) {
  EXPECT_EQ(parse_endpoint("ws://127.0.0.1:9944")->to_string(), "ws://127.0.0.1:9944/");
  EXPECT_EQ(parse_endpoint("wss://node.example.org")->to_string(), "wss://node.example.org:443/");
  EXPECT_EQ(parse_endpoint("http://[::1]:80/rpc")->to_string(), "http://[::1]:80/rpc");
  EXPECT_EQ(parse_endpoint("https://a/b")->port, 443);
}

TEST(Endpoint, RefusesAnythingElse) {
  for (const char* text :
       {"", "127.0.0.1:9944", "ftp://a", "ws://", "ws://:1", "ws://a:0", "ws://a:65536", "ws://a:b",
        "ws://[::1", "ws://a b", "ws://user@a", "ws://a/\r\nX: y", "ws://[::1]9"}) {
    EXPECT_FALSE(parse_endpoint(text).ok()) << text;
  }
}

TEST(EndpointRotation, StaysWithWhatWorksAndGoesOnFromWhatFails) {
  EndpointRotation rotation(2, seconds(1), seconds(4));
  const TimePoint start{};
  EXPECT_EQ(rotation.next().endpoint, 0u);
  rotation.failed(0, start);
  EXPECT_EQ(rotation.next().endpoint, 1u);
  rotation.failed(1, start + seconds(2));
  EXPECT_EQ(rotation.next().endpoint, 0u);
  EXPECT_EQ(rotation.next().when, start + seconds(1));
  rotation.succeeded(0);
  EXPECT_EQ(rotation.next().endpoint, 0u);
}

TEST(EndpointRotation, PausesDoubleUpToTheLongest) {
  EndpointRotation rotation(1, seconds(1), seconds(4));
  const TimePoint start{};
  for (const int pause : {1, 2, 4, 4}) {
    rotation.failed(0, start);
    EXPECT_EQ(rotation.next().when, start + seconds(pause));
  }
  rotation.succeeded(0);
  rotation.failed(0, start);
  EXPECT_EQ(rotation.next().when, start + seconds(1));
}

// As the library's own reader, which is slower.
TEST(Json, IsReadAsTheStandardHasIt) {
  for (const char* text :
       {"null", " true ", "-0.5e3", "18446744073709551615", "\"\"", "[]", "{}",
        "[1,[2,{\"a\":[]}]]", "{\"a\" : 1 , \"b\":\t\"x\"}", R"("\u00e9\n\"\\ \ud83d\ude00")",
        "\"\xc3\xa9\"", "{\"a\":1,\"a\":2}", "[\"0x\",null,false]"}) {
    const auto json = parse_json(text);
    ASSERT_TRUE(json.ok()) << text;
    EXPECT_EQ(*json, Json::parse(text)) << text;
  }
  for (const char* text :
       {"",         " ",          "nul",  "01",   "1.",    "+1",    "\"a",     "\"\x01\"",
        "\"\xff\"", "\"\\x\"",    "\"\\", "[1,]", "[1 2]", "[",     "{\"a\"}", "{\"a\":}",
        "{a:1}",    "{\"a\":1,}", "1 1",  "[1]]", "NaN",   "\"a\"b"}) {
    EXPECT_FALSE(parse_json(text).ok()) << text;
    EXPECT_FALSE(Json::accept(text)) << text;
  }
}

TEST(JsonRpc, ReadsAnswersErrorsAndNotifications) {
  const auto answer = read_rpc_message(R"({"jsonrpc":"2.0","id":7,"result":"0x01"})");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->id, 7u);
  EXPECT_EQ(*answer->result, "0x01");
  const auto error = read_rpc_message(
      R"({"id":7,"error":{"code":1010,"message":"Invalid Transaction","data":"Custom error: 6"}})");
  EXPECT_EQ(error->result.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(error->result.status().message(),
              HasSubstr("Invalid Transaction: Custom error: 6 (1010)"));
  const auto news = read_rpc_message(
      R"({"method":"chain_newHead","params":{"subscription":"ab","result":{"number":"0x2a"}}})");
  EXPECT_FALSE(news->id.has_value());
  EXPECT_EQ(news->subscription, "ab");
  EXPECT_EQ(number_of_header(*news->result).value(), 42u);
}

TEST(JsonRpc, RefusesWhatIsNoMessage) {
  for (const char* text :
       {"", "{", "[]", "7", "{}", R"({"id":1})", R"({"id":"1","result":2})", R"({"params":[]})",
        R"({"error":"x"})", "\xff\xfe", R"({"id":-1,"result":0})"}) {
    EXPECT_FALSE(read_rpc_message(text).ok()) << text;
  }
}

TEST(JsonRpc, ALittleTextMakesNoLargeTree) {
  EXPECT_FALSE(parse_json(std::string(100, '[') + std::string(100, ']')).ok());
  std::string many = "[0";
  for (int i = 0; i < 300'000; ++i) many += ",0";
  EXPECT_THAT(parse_json(many + "]").status().message(), HasSubstr("too many values"));
  EXPECT_TRUE(parse_json(R"(["[[[[[,,,,,\"[[["])").ok());
}

TEST(JsonRpc, WordsOfANodeAreShownWithoutControls) {
  const auto error = read_rpc_message(R"({"id":1,"error":{"message":"\u001b[2Jgone"}})");
  EXPECT_THAT(error->result.status().message(), HasSubstr("?[2Jgone"));
}

TEST(JsonRpc, AHeaderHasANumberOfAtMost64Bits) {
  EXPECT_EQ(number_of_header(Json{{"number", "0xffffffffffffffff"}}).value(), ~std::uint64_t{0});
  for (const Json& header :
       {Json(), Json(7), Json{{"number", 7}}, Json{{"number", "0x"}}, Json{{"number", "12"}},
        Json{{"number", "0x10000000000000000"}}, Json{{"number", "0xg"}}}) {
    EXPECT_FALSE(number_of_header(header).ok()) << header;
  }
}

// Answers as told, then is gone.
class ShortLivedClient final : public RpcClient {
 public:
  ShortLivedClient(int answers, std::string word) : answers_(answers), word_(std::move(word)) {}
  absl::StatusOr<Json> call(const std::string&, const Json&, TimePoint) override {
    if (answers_-- <= 0) return absl::UnavailableError("gone");
    return Json(word_);
  }
  absl::StatusOr<Json> next_head(std::uint64_t, TimePoint deadline) override {
    return call("", {}, deadline);
  }

 private:
  int answers_;
  std::string word_;
};

ReconnectingClient::Options without_pauses() {
  ReconnectingClient::Options options;
  options.first_pause = options.longest_pause = Duration(1);
  return options;
}

TimePoint soon() {
  return std::chrono::steady_clock::now() + seconds(20);
}

TEST(ReconnectingClient, ALostConnectionIsMadeAgainAtTheNextNode) {
  ReconnectingClient client(without_pauses(), 2, [](std::size_t index, TimePoint) {
    return std::make_unique<ShortLivedClient>(1, index == 0 ? "first" : "second");
  });
  EXPECT_EQ(client.call("m", {}, soon()).value(), "first");
  EXPECT_EQ(client.call("m", {}, soon()).value(), "second");
  EXPECT_TRUE(client.call("m", {}, soon()).ok());
  EXPECT_EQ(client.connections(), 3u);
}

TEST(ReconnectingClient, NodesThatCannotBeReachedAreTriedUntilTheDeadline) {
  int tries = 0;
  ReconnectingClient client(
      without_pauses(), 2,
      [&](std::size_t, TimePoint) -> absl::StatusOr<std::unique_ptr<RpcClient>> {
        if (++tries < 5) return absl::UnavailableError("no route");
        return std::make_unique<ShortLivedClient>(1, "at last");
      });
  EXPECT_EQ(client.call("m", {}, soon()).value(), "at last");
  tries = -1'000'000'000;
  const auto late =
      client.call("m", {}, std::chrono::steady_clock::now() + std::chrono::milliseconds(5));
  EXPECT_EQ(late.status().code(), absl::StatusCode::kUnavailable);
}

TEST(ReconnectingClient, AWrongChainIsToldAtOnce) {
  ReconnectingClient client(without_pauses(), 2, [](std::size_t, TimePoint) {
    return std::make_unique<ShortLivedClient>(9, "x");
  });
  client.set_check(
      [](RpcClient&, TimePoint) { return absl::FailedPreconditionError("another chain"); });
  EXPECT_EQ(client.call("m", {}, soon()).status().message(), "another chain");
}

TEST(ReconnectingClient, AnErrorOfTheNodeIsAnAnswer) {
  class Refusing final : public RpcClient {
    absl::StatusOr<Json> call(const std::string&, const Json&, TimePoint) override {
      return absl::InternalError("no");
    }
    absl::StatusOr<Json> next_head(std::uint64_t, TimePoint) override { return Json(); }
  };
  ReconnectingClient client(without_pauses(), 1,
                            [](std::size_t, TimePoint) { return std::make_unique<Refusing>(); });
  EXPECT_EQ(client.call("m", {}, soon()).status().message(), "no");
  EXPECT_EQ(client.connections(), 1u);
}

}  // namespace
}  // namespace bittensor
