// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/submitter.h"

#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/chain/subtensor/refusal.h"
#include "bittensor/chain/testing/fake_chain.h"

namespace bittensor {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class SubmitterTest : public ::testing::Test {
 protected:
  absl::StatusOr<Receipt> submit(Duration timeout = std::chrono::seconds(20)) {
    return submitter_.submit(Transfer{{7}, 1000}, signer_,
                             std::chrono::steady_clock::now() + timeout);
  }

  Submitter::Options options_ = [] {
    Submitter::Options options;
    options.resend_after = std::chrono::seconds(0);
    return options;
  }();
  testing::FakeChain chain_;
  Node node_{chain_};
  Runtimes runtimes_{node_};
  Submitter submitter_{options_, node_, runtimes_, chain_.genesis_hash()};
  const Wallet wallet_ = Wallet::create();
  const Signer signer_ = ed25519_signer(wallet_);
};

TEST_F(SubmitterTest, SaysInWhichBlockItIs) {
  chain_.make_block();
  const auto receipt = submit();
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->block, 2u);
  EXPECT_THAT(receipt->events, Contains("System.ExtrinsicSuccess"));
  EXPECT_EQ(chain_.nonce_of(signer_.account), 1u);
}

TEST_F(SubmitterTest, TheChainsErrorHasItsName) {
  chain_.fail_with_error = 3;
  const auto receipt = submit();
  EXPECT_EQ(receipt.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(receipt.status().message(), HasSubstr("SubtensorModule."));
}

TEST_F(SubmitterTest, WhatANodeDropsIsHandedInAgainForTheSameTurn) {
  chain_.drop = 3;
  const auto receipt = submit();
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_GE(chain_.handed_in, 4);
  EXPECT_EQ(chain_.nonce_of(signer_.account), 1u);
}

TEST_F(SubmitterTest, SeveralOfOneAccountTakeTurns) {
  std::vector<std::thread> threads;
  std::atomic<int> done{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      if (submit().ok()) ++done;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 8);
  EXPECT_EQ(chain_.nonce_of(signer_.account), 8u);
}

TEST_F(SubmitterTest, AnUpgradeMeanwhileMakesItSignAnew) {
  chain_.script = [&](const std::string& method, const Json&) {
    // Between the signing and the pool.
    if (method == "author_submitExtrinsic" && chain_.handed_in == 0) chain_.spec_version = 219;
    return std::nullopt;
  };
  const auto receipt = submit();
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(chain_.handed_in, 2);
  EXPECT_EQ(chain_.nonce_of(signer_.account), 1u);
}

TEST_F(SubmitterTest, AnAnswerThatWasLostIsNoSecondExtrinsic) {
  // The pool has it and a block takes it, but its node says that it is outdated.
  bool first = true;
  chain_.script = [&](const std::string& method,
                      const Json& params) -> std::optional<absl::StatusOr<Json>> {
    if (method != "author_submitExtrinsic" || !std::exchange(first, false)) return std::nullopt;
    EXPECT_TRUE(chain_.call(method, params, TimePoint::max()).ok());
    chain_.make_block();
    return absl::FailedPreconditionError("Transaction is outdated");
  };
  const auto receipt = submit();
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->block, 1u);
  EXPECT_EQ(chain_.nonce_of(signer_.account), 1u);
}

TEST_F(SubmitterTest, WhoseTurnIsTakenTakesAnother) {
  bool first = true;
  chain_.script = [&](const std::string& method,
                      const Json&) -> std::optional<absl::StatusOr<Json>> {
    if (method != "author_submitExtrinsic" || !std::exchange(first, false)) return std::nullopt;
    // Somebody else with the same key was faster.
    Submitter other(options_, node_, runtimes_, chain_.genesis_hash());
    EXPECT_TRUE(other.submit(Transfer{{8}, 1}, signer_, TimePoint::max()).ok());
    return std::nullopt;
  };
  const auto receipt = submit();
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(chain_.nonce_of(signer_.account), 2u);
}

TEST_F(SubmitterTest, ARefusalIsFinal) {
  chain_.script = [](const std::string& method,
                     const Json&) -> std::optional<absl::StatusOr<Json>> {
    if (method != "author_submitExtrinsic") return std::nullopt;
    return absl::FailedPreconditionError("Custom error: 6 (1010)");
  };
  EXPECT_THAT(submit().status().message(), HasSubstr("Custom error: 6 (1010): RateLimitExceeded"));
  EXPECT_EQ(chain_.nonce_of(signer_.account), 0u);
}

TEST(Refusal, HasANameIfItsNumberIsKnown) {
  const auto text = [](const char* message) {
    return std::string(with_reason(absl::InternalError(message)).message());
  };
  EXPECT_EQ(text("1010: {\"invalid\":{\"custom\":10}}"),
            "1010: {\"invalid\":{\"custom\":10}}: HotKeyNotRegisteredInNetwork");
  for (const char* unknown : {"Custom error: 255", "Custom error: ", "Custom error: 99999999999",
                              "Transaction has a bad signature"}) {
    EXPECT_EQ(text(unknown), unknown);
  }
}

TEST_F(SubmitterTest, WithoutBlocksItEndsAtTheDeadline) {
  chain_.idle = true;
  const auto receipt = submit(std::chrono::milliseconds(20));
  EXPECT_EQ(receipt.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(receipt.status().message(), HasSubstr("may still come until block 64"));
}

TEST_F(SubmitterTest, ABlockWithoutAWordOnItIsNoSuccess) {
  chain_.script = [](const std::string& method,
                     const Json& params) -> std::optional<absl::StatusOr<Json>> {
    // No events, and accounts that do not change.
    if (method != "state_getStorage") return std::nullopt;
    (void)params;
    return Json();
  };
  EXPECT_EQ(submit().status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace bittensor
