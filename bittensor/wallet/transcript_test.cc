// SPDX-License-Identifier: MIT
#include "bittensor/wallet/transcript.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

std::string challenge_hex(Transcript& transcript, absl::string_view label, std::size_t size) {
  std::string bytes(size, '\0');
  transcript.challenge(label, reinterpret_cast<std::uint8_t*>(bytes.data()), size);
  return absl::BytesToHexString(bytes);
}

// The test of merlin itself.
TEST(Transcript, EqualsMerlinsVector) {
  Transcript transcript("test protocol");
  transcript.append("some label", "some data");
  EXPECT_EQ(challenge_hex(transcript, "challenge", 32),
            "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615");
}

TEST(Transcript, LongerThanABlockDependsOnAllOfIt) {
  Transcript transcript("test protocol");
  transcript.append("a", std::string(1000, 'x'));
  Transcript same = transcript;
  EXPECT_EQ(challenge_hex(transcript, "c", 500), challenge_hex(same, "c", 500));
  EXPECT_EQ(challenge_hex(transcript, "c", 32), challenge_hex(same, "c", 32));
  Transcript other("test protocol");
  other.append("a", std::string(999, 'x') + "y");
  EXPECT_NE(challenge_hex(transcript, "c", 32), challenge_hex(other, "c", 32));
}

}  // namespace
}  // namespace bittensor
