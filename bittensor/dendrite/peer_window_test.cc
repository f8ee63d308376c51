// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/peer_window.h"

#include "gtest/gtest.h"

#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;

const PublicKey kAlice = Wallet::create().key();
const PublicKey kBob = Wallet::create().key();

PeerWindow::Options options(std::size_t max_peers = 10) {
  return {/*slow=*/1s, /*most=*/16, max_peers};
}

// Asks `peer` as often as it may be asked at a time.
int fill(PeerWindow& window, const PublicKey& peer) {
  int asked = 0;
  for (; window.open(peer); ++asked) window.asked(peer);
  return asked;
}

void answer(PeerWindow& window, const PublicKey& peer, int times, Duration took) {
  for (int i = 0; i < times; ++i) {
    window.asked(peer);
    window.ended(peer, took);
  }
}

TEST(PeerWindow, IsHalfOpenToOneThatNeverAnswered) {
  PeerWindow window(options());
  EXPECT_NEAR(fill(window, kAlice), 8, 1);
}

TEST(PeerWindow, IsWideForTheQuickAndNarrowForTheSlow) {
  PeerWindow window(options());
  answer(window, kAlice, 100, 0ms);
  answer(window, kBob, 100, 3s);
  EXPECT_EQ(fill(window, kAlice), 16);
  EXPECT_EQ(fill(window, kBob), 1);
}

TEST(PeerWindow, OpensWithEachAnswer) {
  PeerWindow window(options());
  answer(window, kAlice, 100, 2s);
  fill(window, kAlice);
  EXPECT_FALSE(window.open(kAlice));
  window.ended(kAlice, 2s);
  EXPECT_TRUE(window.open(kAlice));
}

TEST(PeerWindow, NarrowsForAPeerThatGetsSlowerAndWidensAgain) {
  PeerWindow window(options());
  answer(window, kAlice, 100, 100ms);
  answer(window, kAlice, 10, 2s);
  EXPECT_EQ(fill(window, kAlice), 1);
  window.ended(kAlice, 100ms);
  answer(window, kAlice, 30, 100ms);
  EXPECT_GT(fill(window, kAlice), 10);
}

TEST(PeerWindow, IsAlwaysOpenToPeersBeyondThoseItRemembers) {
  PeerWindow window(options(/*max_peers=*/1));
  fill(window, kAlice);
  for (int i = 0; i < 100; ++i) window.asked(kBob);
  EXPECT_TRUE(window.open(kBob));
}

}  // namespace
}  // namespace bittensor
