// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/peer_rest.h"

#include "gtest/gtest.h"

#include "bittensor/dendrite/testing/peer_at.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = TimePoint() + 1h;

TEST(PeerRest, HealthyPeerIsAsked) {
  const PeerRest rest({});
  EXPECT_EQ(rest.remaining(peer_at("a:1"), kNow), 0s);
}

TEST(PeerRest, GrowsWithEachFailureUpToItsLimit) {
  PeerRest rest({1s, 5s, 10});
  TimePoint now = kNow;
  for (const Duration expected : {Duration(1s), Duration(2s), Duration(4s), Duration(5s)}) {
    rest.failed(peer_at("a:1"), now);
    EXPECT_EQ(rest.remaining(peer_at("a:1"), now), expected);
    now += expected;
    EXPECT_EQ(rest.remaining(peer_at("a:1"), now), 0s);
  }
}

TEST(PeerRest, CallsThatFailTogetherCountOnce) {
  PeerRest rest({1s, 60s, 10});
  rest.failed(peer_at("a:1"), kNow);
  rest.failed(peer_at("a:1"), kNow);
  EXPECT_EQ(rest.remaining(peer_at("a:1"), kNow), 1s);
}

TEST(PeerRest, GoodAnswerOrNewAddressEndsIt) {
  PeerRest rest({1s, 60s, 10});
  rest.failed(peer_at("a:1"), kNow);
  EXPECT_EQ(rest.remaining(peer_at("b:2"), kNow), 0s);
  rest.succeeded(peer_at("a:1"));
  EXPECT_EQ(rest.remaining(peer_at("a:1"), kNow), 0s);
}

TEST(PeerRest, PeerThatFailsEveryOtherTimeRestsLongerAndLonger) {
  PeerRest rest({1s, 60s, 10});
  TimePoint now = kNow;
  Duration last{};
  for (int i = 0; i < 4; ++i) {
    rest.failed(peer_at("a:1"), now);
    last = rest.remaining(peer_at("a:1"), now);
    now += last;
    rest.succeeded(peer_at("a:1"));
  }
  EXPECT_GE(last, 2s);
}

TEST(PeerRest, RemembersABoundedNumberOfPeers) {
  PeerRest rest({1s, 60s, 1});
  const SynapseRecord other{Wallet::create().key(), "c:3", {}};
  rest.failed(peer_at("a:1"), kNow);
  rest.failed(other, kNow);
  EXPECT_EQ(rest.remaining(other, kNow), 0s);
}

}  // namespace
}  // namespace bittensor
