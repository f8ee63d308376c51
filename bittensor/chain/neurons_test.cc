// SPDX-License-Identifier: MIT
#include "bittensor/chain/neurons.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

TEST(Tao, IsWrittenAndReadInDecimals) {
  EXPECT_EQ(tao_text(0), "0 TAO");
  EXPECT_EQ(tao_text(1), "0.000000001 TAO");
  EXPECT_EQ(tao_text(1'500'000'000), "1.5 TAO");
  EXPECT_EQ(tao_text(~Rao{0}), "18446744073.709551615 TAO");
  EXPECT_EQ(parse_tao("1.5").value(), 1'500'000'000u);
  EXPECT_EQ(parse_tao("0.000000001").value(), 1u);
  EXPECT_EQ(parse_tao("18446744073.709551615").value(), ~Rao{0});
}

TEST(Tao, RefusesWhatIsNoAmount) {
  for (const char* text : {"", ".", "1.", ".5", "-1", "1e3", "1.0000000001", "1,5", " 1", "1.-5",
                           "18446744073.709551616", "99999999999999999999"}) {
    EXPECT_FALSE(parse_tao(text).ok()) << text;
  }
}

TEST(AxonInfo, AnAddressIsANumber) {
  const auto v4 = AxonInfo::at("192.0.2.1:8091");
  ASSERT_TRUE(v4.ok()) << v4.status();
  EXPECT_EQ(v4->ip, 0xc0000201u);
  EXPECT_EQ(v4->ip_type, 4);
  EXPECT_EQ(v4->address(), "192.0.2.1:8091");
  const auto v6 = AxonInfo::at("[2001:db8::1]:8091");
  ASSERT_TRUE(v6.ok()) << v6.status();
  EXPECT_EQ(v6->ip, absl::MakeUint128(0x20010db800000000, 1));
  EXPECT_EQ(v6->address(), "[2001:db8::1]:8091");
  EXPECT_EQ(AxonInfo::at("127.0.0.2:1")->address(), "127.0.0.2:1");
}

TEST(AxonInfo, RefusesWhatTheChainRefuses) {
  for (const char* text : {"127.0.0.1:1", "0.0.0.0:1", "255.255.255.255:1", "[::1]:1", "[::]:1",
                           "192.0.2.1:0", "192.0.2.1", "localhost:1", "192.0.2.1:70000", ""}) {
    EXPECT_FALSE(AxonInfo::at(text).ok()) << text;
  }
}

TEST(AxonInfo, WhatNobodyAnnouncedHasNoAddress) {
  EXPECT_EQ(AxonInfo().address(), "");
  AxonInfo odd;
  odd.ip_type = 4;
  odd.ip = absl::Uint128Max();
  odd.port = 1;
  EXPECT_EQ(odd.address(), "");  // too large for IPv4
}

}  // namespace
}  // namespace bittensor
