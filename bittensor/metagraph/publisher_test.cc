// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/publisher.h"

#include "gtest/gtest.h"

#include "bittensor/metagraph/testing/now.h"

namespace bittensor {
namespace {

class PublisherTest : public ::testing::Test {
 protected:
  PublisherTest() {
    v1::Record record;
    record.set_axon_address("192.0.2.1:8091");
    record.set_metagraph_address("192.0.2.1:8092");
    *record.mutable_schema() = to_proto(Schema{Modality::kTensor, at::kFloat, {4}, 8});
    publisher_.set_record(std::move(record));
  }

  const Wallet wallet_ = Wallet::create();
  Publisher publisher_{wallet_, {}};
};

TEST_F(PublisherTest, ARecordIsRenewedThreeTimesWithinItsTtl) {
  int made = 0;
  for (std::int64_t ms = 0; ms < 60'000; ms += 100) {
    for (const auto& statement : publisher_.due(kNow + ms, 10, 0)) {
      ++made;
      EXPECT_EQ(statement->issued_ms, kNow + ms);
      EXPECT_EQ(statement->expires_ms, kNow + ms + 15'000);
    }
  }
  EXPECT_GE(made, 12);
  EXPECT_LE(made, 17);
}

TEST_F(PublisherTest, AllNeuronsTogetherRenewTenRecordsARound) {
  EXPECT_EQ(publisher_.ttl_ms(1), 15'000);
  EXPECT_EQ(publisher_.ttl_ms(100), 15'000);
  EXPECT_EQ(publisher_.ttl_ms(1000), 150'000);  // 50 s between two: 10 per 0.5 s of 1000
  EXPECT_EQ(publisher_.ttl_ms(1'000'000'000), kMaxTtlMs);
}

TEST_F(PublisherTest, AStatementIsLaterThanAnEarlierLifes) {
  ASSERT_EQ(publisher_.due(kNow, 1, 0).size(), 1u);
  const auto again = publisher_.due(kNow + 1, 1, kNow + 500);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0]->issued_ms, kNow + 501);
  EXPECT_TRUE(publisher_.due(kNow + 2, 1, kNow + 500).empty());
}

TEST_F(PublisherTest, AClockThatWasAheadAndIsSetBackDelaysNothing) {
  constexpr std::int64_t kHour = 3'600'000;
  ASSERT_EQ(publisher_.due(kNow + kHour, 1, 0).size(), 1u);
  const auto again = publisher_.due(kNow, 1, 0);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0]->issued_ms, kNow);
  // But a little ahead others may have believed it: then the next is later.
  ASSERT_EQ(publisher_.due(kNow + 20'000, 1, 0).size(), 1u);
  EXPECT_EQ(publisher_.due(kNow + 10'000, 1, 0).at(0)->issued_ms, kNow + 20'001);
}

TEST_F(PublisherTest, AFarewellIsLaterThanTheRecordAndTheLast) {
  EXPECT_EQ(publisher_.farewell(kNow), nullptr);  // nobody was told that it is there
  const auto record = publisher_.due(kNow, 1, 0).at(0);
  const auto farewell = publisher_.farewell(kNow);
  ASSERT_NE(farewell, nullptr);
  EXPECT_TRUE(farewell->leaving);
  EXPECT_GT(farewell->issued_ms, record->issued_ms);
  EXPECT_GE(farewell->expires_ms, record->expires_ms);
  EXPECT_TRUE(publisher_.due(kNow + 60'000, 1, 0).empty());
}

TEST_F(PublisherTest, ARowIsPublishedAtOnceAndRenewedLessOften) {
  publisher_.set_row({{Wallet::create().key(), 0.5f}});
  EXPECT_EQ(publisher_.due(kNow, 1, 0).size(), 2u);
  int rows = 0;
  for (std::int64_t ms = 0; ms < 60'000; ms += 100) {
    for (const auto& statement : publisher_.due(kNow + ms, 10, 0)) {
      rows += statement->kind == v1::Statement::KIND_WEIGHTS ? 1 : 0;
    }
  }
  EXPECT_GE(rows, 2);
  EXPECT_LE(rows, 4);
}

}  // namespace
}  // namespace bittensor
