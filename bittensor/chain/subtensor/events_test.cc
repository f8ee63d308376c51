// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/events.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/chain/testing/runtime_218.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

ScaleValue record(std::uint32_t extrinsic, ScaleValue event) {
  ScaleValue value = ScaleValue::of_list(
      {ScaleValue::of_variant("ApplyExtrinsic", {ScaleValue::of_number(extrinsic)}),
       ScaleValue::of_variant("System", {std::move(event)}), ScaleValue::of_list({})});
  value.names = {"phase", "event", "topics"};
  return value;
}

ScaleValue dispatch_info() {
  return ScaleValue::of_list(
      {ScaleValue::of_list({ScaleValue::of_number(1), ScaleValue::of_number(2)}),
       ScaleValue::of_variant("Normal"), ScaleValue::of_variant("Yes")});
}

ScaleValue failed(ScaleValue error) {
  return ScaleValue::of_variant("ExtrinsicFailed", {std::move(error), dispatch_info()});
}

std::string encoded(std::vector<ScaleValue> records) {
  const auto metadata = testing::runtime_218();
  ScaleWriter writer;
  const absl::Status status =
      write_value(metadata->types(), metadata->storage("System", "Events").value()->value,
                  ScaleValue::of_list(std::move(records)), writer);
  EXPECT_TRUE(status.ok()) << status;
  return writer.bytes();
}

TEST(Events, SayHowEachExtrinsicEnded) {
  const auto metadata = testing::runtime_218();
  const ScaleValue module = ScaleValue::of_variant(
      "Module", {ScaleValue::of_list({ScaleValue::of_number(7),
                                      ScaleValue::of_bytes(absl::string_view("\x03\0\0\0", 4))})});
  const auto events = read_events(
      *metadata, encoded({record(0, ScaleValue::of_variant("ExtrinsicSuccess", {dispatch_info()})),
                          record(1, failed(module)),
                          record(2, failed(ScaleValue::of_variant(
                                        "Token", {ScaleValue::of_variant("FundsUnavailable")})))}));
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_TRUE(outcome_of(*metadata, *events, 0).ok());
  EXPECT_EQ(outcome_of(*metadata, *events, 1).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(outcome_of(*metadata, *events, 1).message(), HasSubstr(metadata->error_name(7, 3)));
  EXPECT_THAT(outcome_of(*metadata, *events, 2).message(), HasSubstr("Token.FundsUnavailable"));
  EXPECT_EQ(outcome_of(*metadata, *events, 3).code(), absl::StatusCode::kDataLoss);
}

TEST(Events, AreStrangersBytes) {
  const auto metadata = testing::runtime_218();
  EXPECT_FALSE(read_events(*metadata, "").ok());
  EXPECT_FALSE(read_events(*metadata, "\xff\xff\xff\xff").ok());
  const std::string good = encoded({record(0, failed(ScaleValue::of_variant("BadOrigin")))});
  EXPECT_TRUE(read_events(*metadata, good).ok());
  EXPECT_FALSE(read_events(*metadata, good + "x").ok());
}

}  // namespace
}  // namespace bittensor
