// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/peer_pace.h"

#include "gtest/gtest.h"

#include "bittensor/dendrite/testing/peer_at.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;

TEST(PeerPace, OfAPeerThatNeverAnsweredIsUnknown) {
  EXPECT_FALSE(PeerPace({}).usual(peer_at("a:1")).has_value());
}

TEST(PeerPace, SteadyPeerIsExpectedWithinTheSlack) {
  PeerPace pace({50ms, 10});
  for (int i = 0; i < 100; ++i) pace.answered(peer_at("a:1"), 100ms);
  EXPECT_GE(*pace.usual(peer_at("a:1")), 150ms);
  EXPECT_LT(*pace.usual(peer_at("a:1")), 152ms);
}

TEST(PeerPace, UnsteadyPeerIsGivenMoreTime) {
  PeerPace pace({50ms, 10});
  for (int i = 0; i < 100; ++i) pace.answered(peer_at("a:1"), i % 2 == 0 ? 50ms : 150ms);
  EXPECT_GT(*pace.usual(peer_at("a:1")), 250ms);
}

TEST(PeerPace, FollowsAPeerThatBecomesSlower) {
  PeerPace pace({50ms, 10});
  for (int i = 0; i < 50; ++i) pace.answered(peer_at("a:1"), 10ms);
  for (int i = 0; i < 50; ++i) pace.answered(peer_at("a:1"), 500ms);
  EXPECT_GT(*pace.usual(peer_at("a:1")), 500ms);
}

TEST(PeerPace, NewAddressBeginsAnew) {
  PeerPace pace({50ms, 10});
  pace.answered(peer_at("a:1"), 3s);
  EXPECT_FALSE(pace.usual(peer_at("b:2")).has_value());
  pace.answered(peer_at("b:2"), 10ms);
  EXPECT_LT(*pace.usual(peer_at("b:2")), 100ms);
}

TEST(PeerPace, RemembersABoundedNumberOfPeers) {
  PeerPace pace({50ms, 1});
  const SynapseRecord other{Wallet::create().key(), "c:3", {}};
  pace.answered(peer_at("a:1"), 10ms);
  pace.answered(other, 10ms);
  EXPECT_FALSE(pace.usual(other).has_value());
}

}  // namespace
}  // namespace bittensor
