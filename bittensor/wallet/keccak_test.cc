// SPDX-License-Identifier: MIT
#include "bittensor/wallet/keccak.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

std::string keccak256_hex(const std::string& message) {
  const auto hash = keccak256(message);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

// Made with npm's @noble/hashes.
TEST(Keccak256, EqualsVectors) {
  EXPECT_EQ(keccak256_hex(""), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(keccak256_hex("abc"),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
  // About a block of 136 bytes.
  EXPECT_EQ(keccak256_hex(std::string(135, 'a')),
            "34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446");
  EXPECT_EQ(keccak256_hex(std::string(136, 'a')),
            "a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e");
  EXPECT_EQ(keccak256_hex(std::string(1000, 'a')),
            "b6a4ac1f51884d71f30fa397a5e155de3099e11fc0edef5d08b646e621e19de9");
}

}  // namespace
}  // namespace bittensor
