// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/peer_ledger.h"

#include <chrono>

#include "gtest/gtest.h"

#include "bittensor/dendrite/testing/peer_at.h"

namespace bittensor {
namespace {

using std::chrono::milliseconds;

TEST(PeerLedger, KeepsWhatPassedWithEachPeer) {
  PeerLedger ledger;
  const SynapseRecord peer = peer_at("a:1");
  ledger.moved_bytes(peer.key, 5, 5);  // Not asked yet: counts nothing.
  ledger.asked(peer);
  ledger.asked(peer);
  ledger.ended(peer, absl::OkStatus(), milliseconds(8), TimePoint() + milliseconds(100));
  ledger.ended(peer, absl::DeadlineExceededError("after 5 s"), milliseconds(5000), TimePoint());
  ledger.gave_lesson(peer.key);
  ledger.gave_gradient(peer.key);
  ledger.moved_bytes(peer.key, 100, 50);
  ASSERT_EQ(ledger.accounts().size(), 1);
  const PeerLedger::Account account = ledger.accounts().front();
  EXPECT_EQ(account.address, "a:1");
  EXPECT_EQ(account.asked, 2);
  EXPECT_EQ(account.answered, 1);
  EXPECT_EQ(account.failed, 1);
  EXPECT_EQ(account.latency, milliseconds(8)) << "a failure says nothing of it";
  EXPECT_EQ(account.last_failure, "deadline: after 5 s");
  EXPECT_EQ(account.lessons_given + account.gradients_given, 2);
  EXPECT_EQ(account.bytes_sent, 100);
  EXPECT_EQ(account.bytes_received, 50);
}

}  // namespace
}  // namespace bittensor
