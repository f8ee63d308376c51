// SPDX-License-Identifier: MIT
#include "bittensor/axon/kept_inputs.h"

#include <vector>

#include "gtest/gtest.h"
#include "torch/types.h"

#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;

const TimePoint kBegin = TimePoint() + 1h;
const PublicKey kAlice = Wallet::create().key();
const PublicKey kBob = Wallet::create().key();

KeptInputs::Kept floats(std::int64_t n) {
  return {Inputs::of_tensor(torch::ones({1, n})), nullptr};
}

class Doubler : public Synapse {
 public:
  Schema schema() const override { return {Modality::kTensor, at::kFloat, {3}, 3}; }
  at::Tensor forward_tensor(const at::Tensor& inputs) override { return 2 * inputs; }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<Doubler>(); }
};

TEST(KeptInputs, AreGivenBackOnceToTheirCallerOnly) {
  KeptInputs kept({});
  kept.put(kAlice, 7, floats(3), kBegin);
  EXPECT_FALSE(kept.take(kBob, 7, kBegin));
  EXPECT_FALSE(kept.take(kAlice, 8, kBegin));
  EXPECT_TRUE(kept.take(kAlice, 7, kBegin));
  EXPECT_FALSE(kept.take(kAlice, 7, kBegin));
}

TEST(KeptInputs, AreForgottenInTime) {
  KeptInputs kept({1 << 20, 1 << 20, 10s});
  kept.put(kAlice, 1, floats(3), kBegin);
  EXPECT_FALSE(kept.take(kAlice, 1, kBegin + 10s));
  EXPECT_EQ(kept.bytes(), 0u);
}

TEST(KeptInputs, OldestGoFirstWhenMemoryIsShort) {
  KeptInputs kept({12'000, 12'000, 10s});  // bytes; a float has 4, an entry 1,024 more
  kept.put(kAlice, 1, floats(1000), kBegin);
  kept.put(kBob, 2, floats(1000), kBegin);
  kept.put(kBob, 3, floats(1000), kBegin);
  EXPECT_LE(kept.bytes(), 12'000u);
  EXPECT_FALSE(kept.take(kAlice, 1, kBegin));
  EXPECT_TRUE(kept.take(kBob, 2, kBegin));
  EXPECT_TRUE(kept.take(kBob, 3, kBegin));
}

TEST(KeptInputs, OneCallerCannotPushOutTheOthers) {
  KeptInputs kept({12'000, 6'000, 10s});
  kept.put(kAlice, 1, floats(1000), kBegin);
  for (std::uint64_t id = 0; id < 20; ++id) kept.put(kBob, id, floats(1000), kBegin);
  EXPECT_TRUE(kept.take(kAlice, 1, kBegin));
  // Of its own the latest is kept: those before it may never be taken.
  EXPECT_FALSE(kept.take(kBob, 18, kBegin));
  EXPECT_TRUE(kept.take(kBob, 19, kBegin));
}

TEST(KeptInputs, OldestCopiesOfTheModelGoFirst) {
  KeptInputs kept({1 << 20, 1 << 20, 10s, /*max_synapses=*/2});
  std::vector<std::shared_ptr<ServedSynapse>> copies;
  for (int i = 0; i < 3; ++i) copies.push_back(std::make_shared<ServedSynapse>(Doubler()));
  for (std::uint64_t id = 0; id < 6; ++id) {
    kept.put(kAlice, id, {floats(3).inputs, copies[id / 2]}, kNow);
  }
  EXPECT_EQ(copies[0].use_count(), 1);
  EXPECT_FALSE(kept.take(kAlice, 1, kNow));
  EXPECT_TRUE(kept.take(kAlice, 2, kNow));
  EXPECT_TRUE(kept.take(kAlice, 5, kNow));
}

TEST(KeptInputs, RepeatedCallIdReplacesTheFirst) {
  KeptInputs kept({});
  kept.put(kAlice, 1, floats(10), kBegin);
  kept.put(kAlice, 1, floats(20), kBegin);
  EXPECT_EQ(kept.bytes(), 80u + 1024u);
}

TEST(KeptInputs, OnlyTheLatestCopyOfTheModelIsKeptWhenAnotherIsMade) {
  KeptInputs kept({});
  const auto older = std::make_shared<ServedSynapse>(Doubler());
  const auto newer = std::make_shared<ServedSynapse>(Doubler());
  kept.put(kAlice, 1, {Inputs::of_tensor(torch::ones({1, 3})), older}, kBegin);
  kept.put(kAlice, 2, {Inputs::of_tensor(torch::ones({1, 3})), newer}, kBegin);
  kept.keep_only_of(newer.get());
  EXPECT_EQ(older.use_count(), 1);
  EXPECT_FALSE(kept.take(kAlice, 1, kBegin));
  EXPECT_TRUE(kept.take(kAlice, 2, kBegin));
}

}  // namespace
}  // namespace bittensor
