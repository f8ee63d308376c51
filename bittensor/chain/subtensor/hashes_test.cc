// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/hashes.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

TEST(Hashes, TwoxOfAPalletIsWhereItsStorageBegins) {
  EXPECT_EQ(absl::BytesToHexString(twox("SubtensorModule", 16)),
            "658faa385070e074c85bf6b568cf0555");
  EXPECT_EQ(absl::BytesToHexString(twox("System", 16)), "26aa394eea5630e07c48ae0c9558cef7");
}

// The values of xxHash's own sanity check and of its specification.
TEST(Hashes, Xxh64TakesEveryLength) {
  EXPECT_EQ(xxh64("", 0), 0xEF46DB3751D8E999u);
  EXPECT_EQ(xxh64("a", 0), 0xD24EC4F1A98C6E5Bu);
  EXPECT_EQ(xxh64("abc", 0), 0x44BC2CF5AD770999u);
  EXPECT_EQ(xxh64("Nobody inspects the spammish repetition", 0), 0xFBCEA83C8A378BF1u);
}

TEST(Hashes, Blake2bIsUnkeyedWithItsSizeAsParameter) {
  EXPECT_EQ(absl::BytesToHexString(blake2b("abc", 64)).substr(0, 32),
            "ba80a53f981c4d0d6a2797b69f12f6e9");
  EXPECT_EQ(absl::BytesToHexString(blake2b("", 32)),
            "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

}  // namespace
}  // namespace bittensor
