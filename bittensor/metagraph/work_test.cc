// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/work.h"

#include "gtest/gtest.h"

#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

TEST(Work, IsFoundAndChecked) {
  const PublicKey key = Wallet::create().key();
  const std::uint64_t work = find_work(key, 10);
  EXPECT_GE(work_bits(key, work), 10);
  for (std::uint64_t less = 0; less < work; ++less) ASSERT_LT(work_bits(key, less), 10);
}

TEST(Work, BelongsToItsKey) {
  // 20 keys, of which one in 2^10 has work that is another's: one in fifty runs at most two.
  int shared = 0;
  const std::uint64_t work = find_work(Wallet::create().key(), 10);
  for (int i = 0; i < 20; ++i) shared += work_bits(Wallet::create().key(), work) >= 10 ? 1 : 0;
  EXPECT_LE(shared, 2);
}

TEST(Work, IsTheDocumentedHash) {
  // python3: hashlib.blake2b(b"bittensor.v1 work\0" + bytes(32) + work.to_bytes(8, "little"))
  EXPECT_EQ(work_bits(PublicKey(), 0), 0);
  EXPECT_EQ(work_bits(PublicKey(), 1705), 11);
  EXPECT_EQ(work_bits(PublicKey(), 2963), 10);
}

TEST(Work, NoneIsNeededForNoBits) {
  EXPECT_EQ(find_work(Wallet::create().key(), 0), 0U);
}

}  // namespace
}  // namespace bittensor
