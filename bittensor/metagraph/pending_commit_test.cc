// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/pending_commit.h"

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"

#include "bittensor/base/testing/empty_folder.h"

namespace bittensor {
namespace {

AccountId hotkey_of(std::uint8_t name) {
  AccountId hotkey;
  hotkey.fill(name);
  return hotkey;
}

class PendingCommitFile : public ::testing::Test {
 protected:
  const std::string path_ = empty_folder() / "neuron.commit";
};

TEST_F(PendingCommitFile, IsReadBackByItsOwnNeuronOnly) {
  PendingCommit commit;
  commit.weights.update = {3, {{0, 1}, {7, 65535}}, 12};
  commit.weights.salt = {9, 0, 65535};
  commit.reveal_epoch = 1'000'000;
  ASSERT_TRUE(write_commit(path_, hotkey_of(1), commit).ok());
  const auto read = read_commit(path_, hotkey_of(1), 3);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->weights.update.netuid, 3);
  EXPECT_EQ(read->weights.update.weights, commit.weights.update.weights);
  EXPECT_EQ(read->weights.update.version_key, 12u);
  EXPECT_EQ(read->weights.salt, commit.weights.salt);
  EXPECT_EQ(read->reveal_epoch, commit.reveal_epoch);
  EXPECT_TRUE(absl::IsNotFound(read_commit(path_, hotkey_of(2), 3).status()));
  EXPECT_TRUE(absl::IsNotFound(read_commit(path_, hotkey_of(1), 4).status()));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path_).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(PendingCommitFile, AnythingElseIsRefused) {
  EXPECT_TRUE(absl::IsNotFound(read_commit(path_, hotkey_of(1), 3).status()));
  for (const char* const text :
       {"", "bittensor-commit-v1", "what 5C 1 2 3\n0\n0\n",
        "bittensor-commit-v1 5C 1 2 3\n99999999999\n0\n", "bittensor-commit-v1 5C 1 2 3\n0\n1 5\n",
        "bittensor-commit-v1 5C 1 2 3\n1 65536\n0\n"}) {
    std::ofstream(path_) << text;
    EXPECT_TRUE(absl::IsDataLoss(read_commit(path_, hotkey_of(1), 3).status())) << text;
  }
}

}  // namespace
}  // namespace bittensor
