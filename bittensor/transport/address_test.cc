// SPDX-License-Identifier: MIT
#include "bittensor/transport/address.h"

#include <string>

#include "gtest/gtest.h"

namespace bittensor {
namespace {

TEST(Address, ThreeKindsOfHost) {
  const auto ipv4 = parse_address("192.0.2.1:8091");
  ASSERT_TRUE(ipv4.ok()) << ipv4.status();
  EXPECT_EQ(ipv4->kind, Address::Kind::kIpv4);
  EXPECT_EQ(ipv4->host, "192.0.2.1");
  EXPECT_EQ(ipv4->port, 8091);

  const auto ipv6 = parse_address("[2001:db8::1]:1");
  ASSERT_TRUE(ipv6.ok()) << ipv6.status();
  EXPECT_EQ(ipv6->kind, Address::Kind::kIpv6);
  EXPECT_EQ(ipv6->host, "2001:db8::1");

  const auto name = parse_address("neuron-7.example.org:65535");
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(name->kind, Address::Kind::kName);
  EXPECT_EQ(name->port, 65535);
}

TEST(Address, WritesWhatItReads) {
  for (const char* text : {"127.0.0.1:0", "[::1]:80", "localhost:8091", "a_b.c:1"}) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(Address, HostsAreTakenAsPeopleWriteThem) {
  EXPECT_EQ(join_host_port("127.0.0.1", 80), "127.0.0.1:80");
  EXPECT_EQ(join_host_port("::1", 80), "[::1]:80");
  EXPECT_EQ(join_host_port("::", 0), "[::]:0");
  EXPECT_EQ(join_host_port("[2001:db8::1]", 80), "[2001:db8::1]:80");
  EXPECT_EQ(join_host_port("localhost", 80), "localhost:80");
}

TEST(Address, BareIpv6IsToldToTakeBrackets) {
  const auto address = parse_address("2001:db8::1:8092");
  EXPECT_NE(address.status().message().find("brackets"), absl::string_view::npos);
}

TEST(Address, RefusesMalformedText) {
  const std::string strange[] = {"",
                                 ":",
                                 ":1",
                                 "host",
                                 "host:",
                                 "host:port",
                                 "host:-1",
                                 "host:+1",
                                 "host:65536",
                                 "host:1 ",
                                 "host:99999999999999999999",
                                 " host:1",
                                 "ho st:1",
                                 "host\n:1",
                                 "unix:/tmp/socket",
                                 "unix:///tmp/socket:1",
                                 "dns:///host:1",
                                 "http://host:1",
                                 "host/path:1",
                                 "host:1/path",
                                 "::1:80",
                                 "[::1:80",
                                 "[::1]80",
                                 "[]:1",
                                 "[host]:1",
                                 "[fe80::1%eth0]:1",
                                 "1.2.3:1",
                                 "1.2.3.4.5:1",
                                 "999.1.1.1:1",
                                 "host..org:1",
                                 "-host:1",
                                 "host-:1",
                                 "h\xc3\xb6st:1",
                                 "%41:1",
                                 std::string("1.2.3.4\0x:1", 11),
                                 std::string("host\0:1", 7),
                                 std::string(64, 'a') + ":1",
                                 std::string(100'000, 'a') + ":1",
                                 std::string(100'000, ':')};
  for (const std::string& text : strange) {
    const auto address = parse_address(text);
    EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_LT(address.status().message().size(), 500u) << "a stranger's text fills the log";
  }
}

}  // namespace
}  // namespace bittensor
