// SPDX-License-Identifier: MIT
#include "bittensor/trust/admission.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;

constexpr auto kDenied = absl::StatusCode::kPermissionDenied;
constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;

class AdmissionTest : public ::testing::Test {
 protected:
  static PublicKey key(int n) {
    return *PublicKey::from_bytes(std::string(PublicKey::kSize, static_cast<char>(n)));
  }
  // What becomes of one request; it stays under way with `keep`.
  absl::StatusCode ask(Admission& admission, const PublicKey& who, std::size_t bytes = 1,
                       const std::string& address = "192.0.2.1", bool keep = false) {
    auto ticket = admission.arrive(address, now_);
    if (!ticket.ok()) return ticket.status().code();
    const absl::Status status = admission.identify(**ticket, who, bytes, now_);
    if (keep) tickets_.push_back(*ticket);
    return status.code();
  }
  int admitted_of(int requests, Admission& admission, const PublicKey& who, std::size_t bytes = 1) {
    int admitted = 0;
    for (int i = 0; i < requests; ++i) {
      admitted += ask(admission, who, bytes) == absl::StatusCode::kOk ? 1 : 0;
    }
    return admitted;
  }

  Admission::Options options_;
  TimePoint now_{};
  std::vector<std::shared_ptr<Admission::Ticket>> tickets_;
};

TEST_F(AdmissionTest, OnlyAllowedKeysMayAskAndDeniedOnesNever) {
  options_.allow = {key(1), key(2)};
  options_.deny = {key(2)};
  Admission admission(options_);
  EXPECT_EQ(ask(admission, key(1)), absl::StatusCode::kOk);
  EXPECT_EQ(ask(admission, key(2)), kDenied);
  EXPECT_EQ(ask(admission, key(3)), kDenied);
  EXPECT_EQ(ask(admission, PublicKey()), kDenied);
}

TEST_F(AdmissionTest, WithoutAnAllowListEverybodyElseMayAsk) {
  options_.deny = {key(2)};
  Admission admission(options_);
  EXPECT_EQ(ask(admission, key(1)), absl::StatusCode::kOk);
  EXPECT_EQ(ask(admission, PublicKey()), absl::StatusCode::kOk);
}

TEST_F(AdmissionTest, RequestsOfAKeyAreLimitedASecond) {
  options_.requests_per_second = 10;
  Admission admission(options_);
  EXPECT_EQ(admitted_of(100, admission, key(1)), 10);
  EXPECT_EQ(admitted_of(100, admission, key(2)), 10);  // whoever else asks
  now_ += 500ms;
  EXPECT_EQ(admitted_of(100, admission, key(1)), 5);
  now_ += 1h;
  EXPECT_EQ(admitted_of(100, admission, key(1)), 10);  // no more than a second is saved up
}

TEST_F(AdmissionTest, BytesOfAKeyAreLimitedASecondAndALargeRequestIsPaidFor) {
  options_.bytes_per_second = 1000;
  Admission admission(options_);
  EXPECT_EQ(ask(admission, key(1), 3000), absl::StatusCode::kOk);
  EXPECT_EQ(ask(admission, key(1), 1), kExhausted);
  now_ += 1999ms;
  EXPECT_EQ(ask(admission, key(1), 1), kExhausted);
  now_ += 2ms;
  EXPECT_EQ(ask(admission, key(1), 1), absl::StatusCode::kOk);
}

TEST_F(AdmissionTest, RequestsUnderWayAreLimitedByKeyAndAddress) {
  options_.concurrent_per_key = 2;
  options_.concurrent_per_address = 3;
  Admission admission(options_);
  EXPECT_EQ(ask(admission, key(1), 1, "192.0.2.1", true), absl::StatusCode::kOk);
  EXPECT_EQ(ask(admission, key(1), 1, "192.0.2.1", true), absl::StatusCode::kOk);
  EXPECT_EQ(ask(admission, key(1)), kExhausted);
  EXPECT_EQ(ask(admission, key(2), 1, "192.0.2.1", true), absl::StatusCode::kOk);
  EXPECT_EQ(ask(admission, key(3)), kExhausted);
  EXPECT_EQ(ask(admission, key(3), 1, "192.0.2.2"), absl::StatusCode::kOk);
  tickets_.clear();
  EXPECT_EQ(ask(admission, key(1)), absl::StatusCode::kOk);
}

TEST_F(AdmissionTest, AddressOfManyRefusedRequestsIsRefusedUnreadForAWhile) {
  options_.refused_per_second = 10;
  Admission admission(options_);
  const auto refuse = [&](const char* address) {
    auto ticket = admission.arrive(address, now_);
    if (ticket.ok()) admission.note_refused(**ticket, now_);
    return ticket.ok();
  };
  int read = 0;
  for (int i = 0; i < 1000; ++i) read += refuse("192.0.2.1") ? 1 : 0;
  EXPECT_EQ(read, 10);
  EXPECT_EQ(ask(admission, key(1), 1, "192.0.2.2"), absl::StatusCode::kOk);
  now_ += 1s;
  EXPECT_EQ(ask(admission, key(1)), absl::StatusCode::kOk);
}

TEST_F(AdmissionTest, CallersWithoutAKeyAreKnownByTheirAddress) {
  options_.requests_per_second = 1;
  Admission admission(options_);
  EXPECT_EQ(ask(admission, PublicKey(), 1, "192.0.2.1"), absl::StatusCode::kOk);
  EXPECT_EQ(ask(admission, PublicKey(), 1, "192.0.2.1"), kExhausted);
  EXPECT_EQ(ask(admission, PublicKey(), 1, "192.0.2.2"), absl::StatusCode::kOk);
}

TEST_F(AdmissionTest, WhatIsRememberedIsBoundedAndWhoHasRequestsUnderWayIsNotForgotten) {
  options_.max_callers = 10;
  options_.concurrent_per_key = 1;
  Admission admission(options_);
  ASSERT_EQ(ask(admission, key(1), 1, "192.0.2.1", true), absl::StatusCode::kOk);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(ask(admission, key(2 + i % 100), 1, "198.51.100." + std::to_string(i % 250)),
              absl::StatusCode::kOk);
  }
  EXPECT_LE(admission.callers(), 10U);
  EXPECT_EQ(ask(admission, key(1)), kExhausted);
}

TEST_F(AdmissionTest, WithEverybodyWaitingNewcomersAreRefused) {
  options_.max_callers = 4;
  Admission admission(options_);
  ASSERT_EQ(ask(admission, key(1), 1, "192.0.2.1", true), absl::StatusCode::kOk);
  ASSERT_EQ(ask(admission, key(2), 1, "192.0.2.2", true), absl::StatusCode::kOk);
  EXPECT_EQ(ask(admission, key(3), 1, "192.0.2.3"), kExhausted);
  tickets_.clear();
  EXPECT_EQ(ask(admission, key(3), 1, "192.0.2.3"), absl::StatusCode::kOk);
}

TEST_F(AdmissionTest, TicketMayOutliveTheAdmission) {
  {
    Admission admission(options_);
    ASSERT_EQ(ask(admission, key(1), 1, "192.0.2.1", true), absl::StatusCode::kOk);
  }
  tickets_.clear();
}

TEST(NetworkOf, IsTheSlash64OfIpv6AndAllOfTheRest) {
  EXPECT_EQ(network_of("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(network_of("2001:db8::1"), network_of("2001:db8::2:3:4:5"));
  EXPECT_NE(network_of("2001:db8::1"), network_of("2001:db8:0:1::1"));
  EXPECT_EQ(network_of("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
  EXPECT_EQ(network_of("nonsense"), "nonsense");
}

}  // namespace
}  // namespace bittensor
