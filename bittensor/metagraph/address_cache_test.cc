// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/address_cache.h"

#include <filesystem>
#include <iterator>

#include "gmock/gmock.h"

#include "bittensor/base/testing/file_size_limit.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;

class AddressCache : public ::testing::Test {
 protected:
  AddressCache() { fs::remove_all(folder_); }
  ~AddressCache() override { fs::remove_all(folder_); }

  // Of this test alone: others run at the same time.
  const fs::path folder_ = ::testing::TempDir() + "/address_cache_" +
                           ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string path_ = folder_ / "neuron.peers";
  const std::vector<std::string> few_ = {"127.0.0.1:1", "[::1]:2"};
};

TEST_F(AddressCache, ReadsWhatWasWritten) {
  ASSERT_EQ(write_addresses(path_, {"127.0.0.1:9"}), absl::OkStatus());
  ASSERT_EQ(write_addresses(path_, few_), absl::OkStatus());
  EXPECT_EQ(*read_addresses(path_), few_);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(AddressCache, AFullDiskIsNamedAndLeavesTheOldOne) {
  ASSERT_EQ(write_addresses(path_, few_), absl::OkStatus());
  {
    const testing::FileSizeLimit full(30);
    const absl::Status status = write_addresses(path_, std::vector<std::string>(9, "127.0.0.1:1"));
    EXPECT_THAT(std::string(status.message()),
                ::testing::AllOf(::testing::HasSubstr(path_), ::testing::HasSubstr("too large")));
  }
  EXPECT_EQ(*read_addresses(path_), few_);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

}  // namespace
}  // namespace bittensor
