// SPDX-License-Identifier: MIT
#include "bittensor/axon/caller_ledger.h"

#include <chrono>

#include "gtest/gtest.h"

#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

TEST(CallerLedger, KeepsWhatPassedWithEachCaller) {
  CallerLedger ledger;
  const PublicKey key = Wallet::create().key();
  ledger.heard(key, "a:1", 100, TimePoint() + std::chrono::seconds(1));
  ledger.answered(key, 50, /*learned=*/true, /*lesson=*/false);
  ledger.refused(key, "a:2", absl::PermissionDeniedError("not on the list"), TimePoint());
  ASSERT_EQ(ledger.accounts().size(), 1);
  const CallerLedger::Account account = ledger.accounts().front();
  EXPECT_EQ(account.key, key);
  EXPECT_EQ(account.address, "a:2");
  EXPECT_EQ(account.answered, 1);
  EXPECT_EQ(account.gradients, 1);
  EXPECT_EQ(account.lessons, 0);
  EXPECT_EQ(account.bytes_received, 100);
  EXPECT_EQ(account.bytes_sent, 50);
  EXPECT_EQ(account.last_refusal, "key not allowed: not on the list");
}

TEST(CallerLedger, CountsRefusalsByReason) {
  CallerLedger ledger;
  ledger.refused({}, "a:1", absl::ResourceExhaustedError("busy"), TimePoint());
  ledger.refused({}, "a:1", absl::ResourceExhaustedError("busy"), TimePoint());
  EXPECT_EQ(ledger.refusals()[absl::StatusCode::kResourceExhausted], 2);
}

TEST(CallerLedger, StrangersDoNotFillMemory) {
  CallerLedger ledger;
  const PublicKey known = Wallet::create().key();
  for (std::size_t i = 0; i < CallerLedger::kMaxCallers + 10; ++i) {
    std::string bytes(PublicKey::kSize, 'x');
    bytes[0] = static_cast<char>(i);
    bytes[1] = static_cast<char>(i >> 8);
    ledger.refused(*PublicKey::from_bytes(bytes), "a:1", absl::UnauthenticatedError(""), {});
    ledger.heard(known, "b:1", 1, {});
  }
  EXPECT_EQ(ledger.accounts().size(), CallerLedger::kMaxCallers);
  EXPECT_EQ(ledger.accounts().back().key, known) << "who asks stays";
}

}  // namespace
}  // namespace bittensor
