// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/pow.h"

#include <string>
#include <thread>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

#include "bittensor/chain/subtensor/sha256_block.h"

namespace bittensor {
namespace {

template <std::size_t n>
std::string hex(const std::array<std::uint8_t, n>& bytes) {
  return absl::BytesToHexString({reinterpret_cast<const char*>(bytes.data()), n});
}

PowTask task_with(std::uint64_t difficulty) {
  PowTask task;
  task.block_hash.fill(0x11);
  task.hotkey.fill(0x22);
  task.difficulty = difficulty;
  return task;
}

const std::atomic<bool> kGoOn{false};

// Made with npm's @noble/hashes.
TEST(Pow, SealsEqualVectors) {
  EXPECT_EQ(hex(pow_seal(task_with(1), 0)),
            "e9b95bebf2dde960d5b570ee753ff6c82f666fc795e18e25302920186e052c93");
  EXPECT_EQ(hex(pow_seal(task_with(1), 0x0123456789abcdef)),
            "616652ba9fb780e7296e3a8284a306b06efbe88cc11332047a35552558be7538");
}

TEST(Pow, HashesAreSha256WithAndWithoutInstructions) {
  std::array<std::uint8_t, 40> message{};
  for (std::size_t i = 0; i < message.size(); ++i) message[i] = static_cast<std::uint8_t>(7 * i);
  for (const Sha256Way way : {Sha256Way::kFastest, Sha256Way::kPortable}) {
    EXPECT_EQ(hex(sha256_of_40(message, way)),
              "41158422cbee1b61550b1d690cc76f17c480ce4cd263a0eea981055f4aec384d");
  }
}

TEST(Pow, SealTimesDifficultyMustNotOverflow) {
  PowSeal seal{};
  seal[31] = 0x40;  // 2^254
  EXPECT_TRUE(is_good_seal(seal, 3));
  EXPECT_FALSE(is_good_seal(seal, 4));
  seal.fill(0xff);
  EXPECT_TRUE(is_good_seal(seal, 1));
  EXPECT_FALSE(is_good_seal(seal, 2));
  seal.fill(0);
  EXPECT_TRUE(is_good_seal(seal, ~std::uint64_t{0}));
  seal[24] = 1;  // 2^192
  EXPECT_TRUE(is_good_seal(seal, ~std::uint64_t{0}));
}

TEST(Pow, EarlierRuntimesReadASealHighestByteFirst) {
  PowSeal seal{};
  seal[0] = 0x40;  // 2^254
  EXPECT_TRUE(is_good_seal(seal, 3, /*big_endian=*/true));
  EXPECT_FALSE(is_good_seal(seal, 4, /*big_endian=*/true));
  EXPECT_TRUE(is_good_seal(seal, 4));
  PowTask task = task_with(2000);
  task.big_endian = true;
  const auto solution = solve_pow(task, {}, kGoOn);
  ASSERT_TRUE(solution.ok()) << solution.status();
  EXPECT_TRUE(is_good_seal(solution->seal, 2000, /*big_endian=*/true));
}

TEST(Pow, SolutionIsGoodForAnyNumberOfThreads) {
  for (const int threads : {0, 1, 3}) {
    const PowTask task = task_with(2000);
    PowOptions options;
    options.threads = threads;
    options.first_nonce = ~std::uint64_t{0} - 5;  // past the end it goes on at 0
    const auto solution = solve_pow(task, options, kGoOn);
    ASSERT_TRUE(solution.ok()) << solution.status();
    EXPECT_EQ(pow_seal(task, solution->nonce), solution->seal);
    EXPECT_TRUE(is_good_seal(solution->seal, task.difficulty));
  }
}

TEST(Pow, TellsItsProgressAndStopsWhenCancelled) {
  std::atomic<bool> cancelled{false};
  PowOptions options;
  options.threads = 2;
  options.progress_every = std::chrono::milliseconds(1);
  int calls = 0;
  options.on_progress = [&](const PowProgress& progress) {
    ++calls;
    EXPECT_GT(progress.time, Duration::zero());
    if (progress.tried > 0) cancelled = true;
  };
  const auto solution = solve_pow(task_with(~std::uint64_t{0}), options, cancelled);
  EXPECT_EQ(solution.status().code(), absl::StatusCode::kCancelled);
  EXPECT_GT(calls, 0);
}

TEST(Pow, WrongTasksAreRefused) {
  EXPECT_EQ(solve_pow(task_with(0), {}, kGoOn).status().code(), absl::StatusCode::kInvalidArgument);
  PowOptions options;
  options.threads = -1;
  EXPECT_EQ(solve_pow(task_with(1), options, kGoOn).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace bittensor
