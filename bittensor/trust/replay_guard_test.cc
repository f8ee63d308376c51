// SPDX-License-Identifier: MIT
#include "bittensor/trust/replay_guard.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"

#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

constexpr std::int64_t kNow = 1'600'000'000'000;
constexpr std::int64_t kWindow = 1000;

class ReplayGuardTest : public ::testing::Test {
 protected:
  absl::StatusCode admit(char nonce, std::int64_t time_ms, std::int64_t now_ms = kNow) {
    return guard_.admit({sender_, self_, std::string(16, nonce), time_ms}, now_ms, false).code();
  }

  const PublicKey self_ = Wallet::create().key();
  const PublicKey sender_ = Wallet::create().key();
  ReplayGuard guard_{{kWindow, 3}, self_};
};

constexpr absl::StatusCode kOk = absl::StatusCode::kOk;
constexpr absl::StatusCode kRefused = absl::StatusCode::kUnauthenticated;
constexpr absl::StatusCode kFull = absl::StatusCode::kResourceExhausted;

TEST_F(ReplayGuardTest, AdmitsOnce) {
  EXPECT_EQ(admit('a', kNow), kOk);
  EXPECT_EQ(admit('a', kNow), kRefused);
  EXPECT_EQ(admit('b', kNow), kOk);
}

TEST_F(ReplayGuardTest, TwoSendersMayChooseOneNonce) {
  EXPECT_EQ(admit('a', kNow), kOk);
  const Envelope other{Wallet::create().key(), self_, std::string(16, 'a'), kNow};
  EXPECT_TRUE(guard_.admit(other, kNow, false).ok());
}

TEST_F(ReplayGuardTest, RefusesWhatIsOutsideTheWindow) {
  EXPECT_EQ(admit('a', kNow - kWindow - 1), kRefused);
  EXPECT_EQ(admit('b', kNow + kWindow + 1), kRefused);
  EXPECT_EQ(admit('c', kNow - kWindow), kOk);
  EXPECT_EQ(admit('d', kNow + kWindow), kOk);
  EXPECT_EQ(admit('e', std::numeric_limits<std::int64_t>::max()), kRefused);
  EXPECT_EQ(admit('f', std::numeric_limits<std::int64_t>::min()), kRefused);
}

TEST_F(ReplayGuardTest, RefusesWhatIsForAnother) {
  const Envelope other{sender_, sender_, std::string(16, 'a'), kNow};
  EXPECT_EQ(guard_.admit(other, kNow, true).code(), kRefused);
}

TEST_F(ReplayGuardTest, TakesWhatIsForAnybodyOnlyIfAllowed) {
  const Envelope any{sender_, PublicKey(), std::string(16, 'a'), kNow};
  EXPECT_EQ(guard_.admit(any, kNow, false).code(), kRefused);
  EXPECT_TRUE(guard_.admit(any, kNow, true).ok());
}

TEST_F(ReplayGuardTest, RemembersAsLongAsTheTimeWouldPass) {
  EXPECT_EQ(admit('f', kNow + kWindow), kOk);  // a clock ahead of ours
  EXPECT_EQ(admit('p', kNow - kWindow), kOk);  // one behind, admitted after it, expires first
  EXPECT_EQ(admit('f', kNow + kWindow, kNow + 2 * kWindow), kRefused);
  EXPECT_EQ(admit('f', kNow + kWindow, kNow + 2 * kWindow + 1), kRefused);
}

TEST_F(ReplayGuardTest, RefusesRatherThanForgetEarly) {
  EXPECT_EQ(admit('a', kNow), kOk);
  EXPECT_EQ(admit('b', kNow), kOk);
  EXPECT_EQ(admit('c', kNow), kOk);
  EXPECT_EQ(admit('d', kNow), kFull);
  EXPECT_EQ(admit('a', kNow), kRefused);
}

TEST_F(ReplayGuardTest, ForgetsInOrderOfTime) {
  EXPECT_EQ(admit('f', kNow + kWindow), kOk);
  EXPECT_EQ(admit('a', kNow), kOk);
  EXPECT_EQ(admit('p', kNow - kWindow), kOk);
  EXPECT_EQ(admit('d', kNow), kFull);
  EXPECT_EQ(admit('d', kNow, kNow + 1), kOk);  // in the place of 'p'
  EXPECT_EQ(admit('e', kNow + 1, kNow + 1), kFull);
  // 'a' and 'd' are gone, 'f' is not.
  const std::int64_t later = kNow + kWindow + 1;
  EXPECT_EQ(admit('e', later, later), kOk);
  EXPECT_EQ(admit('g', later, later), kOk);
  EXPECT_EQ(admit('h', later, later), kFull);
  EXPECT_EQ(admit('f', kNow + kWindow, later), kRefused);
}

TEST_F(ReplayGuardTest, AClockSetBackDoesNotReviveTheForgotten) {
  EXPECT_EQ(admit('a', kNow), kOk);
  EXPECT_EQ(admit('b', kNow + 5 * kWindow, kNow + 5 * kWindow), kOk);  // forgets 'a'
  EXPECT_EQ(admit('a', kNow, kNow), kRefused);
  EXPECT_EQ(admit('c', kNow + 1, kNow + 1), kOk);
}

TEST_F(ReplayGuardTest, RefusesNoncesOfAnotherLength) {
  EXPECT_EQ(guard_.admit({sender_, self_, "short", kNow}, kNow, false).code(), kRefused);
}

}  // namespace
}  // namespace bittensor
