// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/channel_pool.h"

#include "gtest/gtest.h"

namespace bittensor::grpc_internal {
namespace {

Address peer(int port) {
  return *parse_address("127.0.0.1:" + std::to_string(port));
}

class ChannelPoolTest : public ::testing::Test {
 protected:
  std::weak_ptr<grpc::GenericStub> get(int port, TimePoint now) {
    return pool_.get(peer(port), "", now);
  }

  const TimePoint start_ = TimePoint() + std::chrono::hours(1);

 private:
  ChannelPool pool_{/*max_channels=*/2, /*max_message_bytes=*/1024, std::nullopt};
};

TEST_F(ChannelPoolTest, KeepsAChannelForItsPeer) {
  const auto first = get(1, start_);
  EXPECT_NE(first.lock(), nullptr);
  EXPECT_EQ(get(1, start_ + ChannelPool::kMaxIdle).lock(), first.lock());
}

TEST_F(ChannelPoolTest, LetsTheOneGoThatWasNotAskedForTheLongest) {
  const auto first = get(1, start_);
  const auto second = get(2, start_);
  get(1, start_);
  const auto third = get(3, start_);
  EXPECT_FALSE(first.expired());
  EXPECT_TRUE(second.expired());
  EXPECT_FALSE(third.expired());
}

TEST_F(ChannelPoolTest, LetsChannelsGoThatNobodyAsksForAnyMore) {
  const auto gone = get(1, start_);
  const auto asked = get(2, start_);
  get(2, start_ + ChannelPool::kMaxIdle);
  EXPECT_FALSE(gone.expired());
  get(2, start_ + ChannelPool::kMaxIdle + std::chrono::milliseconds(1));
  EXPECT_TRUE(gone.expired());
  EXPECT_FALSE(asked.expired());
}

}  // namespace
}  // namespace bittensor::grpc_internal
