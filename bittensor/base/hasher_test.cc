// SPDX-License-Identifier: MIT
#include "bittensor/base/hasher.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

// RFC 7693, appendix A.
TEST(Hasher, HashesAsRfc7693Says) {
  Hasher hasher;
  hasher.add("a");
  hasher.add("");
  hasher.add("bc");
  EXPECT_EQ(absl::BytesToHexString(hasher.finish()),
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

}  // namespace
}  // namespace bittensor
