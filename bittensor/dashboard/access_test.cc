// SPDX-License-Identifier: MIT
#include "bittensor/dashboard/access.h"

#include <string>

#include "gtest/gtest.h"

namespace bittensor {
namespace {

TEST(Access, AddressesLocalhostAndTheMachineAreOwnHosts) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:8093", "localhost:8093", "LOCALHOST",
                           "[::1]:8093", "[::1]", "10.1.2.3:80", "lab-3:8093"}) {
    EXPECT_TRUE(is_own_host(host, "lab-3")) << host;
  }
}

TEST(Access, OtherNamesAreNot) {
  for (const char* host :
       {"", "evil.example", "evil.example:8093", "127.0.0.1.evil.example", "localhost.evil.example",
        "[evil.example]:1", "127.1", "0x7f000001", ":8093", "[", "[]", "lab-3.evil.example"}) {
    EXPECT_FALSE(is_own_host(host, "lab-3")) << host;
  }
  EXPECT_FALSE(is_own_host("", ""));
  EXPECT_FALSE(is_own_host(":80", ""));
  EXPECT_FALSE(is_own_host(std::string(100'000, '1'), "lab-3"));
}

TEST(Access, OriginIsTheHostsOrNone) {
  EXPECT_TRUE(is_own_origin("", "localhost:8093"));
  EXPECT_TRUE(is_own_origin("http://localhost:8093", "localhost:8093"));
  EXPECT_FALSE(is_own_origin("http://localhost:3000", "localhost:8093"));
  EXPECT_FALSE(is_own_origin("https://evil.example", "localhost:8093"));
  EXPECT_FALSE(is_own_origin("null", "localhost:8093"));
}

TEST(Access, TokenIsTakenFromTheHeaderOrTheTarget) {
  const std::string token = "0123456789abcdef";
  EXPECT_TRUE(has_token("", "", "/api/state"));
  EXPECT_TRUE(has_token(token, "Bearer " + token, "/api/state"));
  EXPECT_TRUE(has_token(token, "bearer " + token, "/api/state"));
  EXPECT_TRUE(has_token(token, "", "/api/state?token=" + token));
  EXPECT_TRUE(has_token(token, "", "/api/state?a=b&token=" + token + "&c"));
}

TEST(Access, WrongTokensAreRefused) {
  const std::string token = "0123456789abcdef";
  for (const std::string& target :
       {std::string("/api/state"), std::string("/api/state?token="),
        "/api/state?token=" + token + "0", "/api/state?token=" + token.substr(1),
        "/api/state?tokens=" + token, std::string("/api/state?token=0123456789abcdeF"),
        "/token=" + token, std::string("/?&&&="), std::string("/?token")}) {
    EXPECT_FALSE(has_token(token, "", target)) << target;
  }
  EXPECT_FALSE(has_token(token, "Bearer wrong", "/api/state?token=" + token));
  EXPECT_FALSE(has_token(token, token, "/api/state"));
}

TEST(Access, TokenIsLongPlainAndNeededWhereOthersCanReachThePage) {
  EXPECT_TRUE(check_token("", "127.0.0.1").ok());
  EXPECT_TRUE(check_token("", "::1").ok());
  EXPECT_FALSE(check_token("", "0.0.0.0").ok());
  EXPECT_FALSE(check_token("", "192.168.1.2").ok());
  EXPECT_TRUE(check_token("0123456789abcd-_", "0.0.0.0").ok());
  EXPECT_FALSE(check_token("short", "127.0.0.1").ok());
  EXPECT_FALSE(check_token("0123456789abcdef&x=1", "127.0.0.1").ok());
}

}  // namespace
}  // namespace bittensor
