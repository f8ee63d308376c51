// SPDX-License-Identifier: MIT
#include "bittensor/wallet/wallet.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <sys/stat.h>
#include <unistd.h>

#include "bittensor/base/testing/file_size_limit.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class KeyFile : public ::testing::Test {
 protected:
  KeyFile() {
    std::string pattern = ::testing::TempDir() + "wallet-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = (folder_ / "keys" / "neuron.key").string();
  }
  ~KeyFile() override { fs::remove_all(folder_); }

  static unsigned mode_of(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 0777U;
  }

  std::string content() const {
    std::ifstream file(path_);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  void replace_content(const std::string& text) const { std::ofstream(path_) << text; }

  // The status must name the file.
  void expect_refused(absl::StatusCode code, const std::string& why) const {
    const absl::Status status = Wallet::load_or_create(path_).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  }

  void create() const { ASSERT_TRUE(Wallet::load_or_create(path_).ok()); }

  fs::path folder_;
  std::string path_;
};

TEST_F(KeyFile, AFullDiskIsNamedAndLeavesNothing) {
  {
    const testing::FileSizeLimit full(10);
    const absl::Status status = Wallet::load_or_create(path_).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
    EXPECT_THAT(std::string(status.message()), HasSubstr("File too large"));
  }
  EXPECT_TRUE(fs::is_empty(folder_ / "keys"));
  create();
}

TEST_F(KeyFile, KeepsTheKey) {
  const auto created = Wallet::load_or_create(path_);
  ASSERT_TRUE(created.ok()) << created.status();
  const auto loaded = Wallet::load_or_create(path_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->key(), created->key());
  EXPECT_TRUE(verify(created->key(), "message", loaded->sign("message")));
}

TEST_F(KeyFile, IsForItsOwnerOnlyAndAlone) {
  create();
  EXPECT_EQ(mode_of(path_), 0600U);
  EXPECT_EQ(mode_of(fs::path(path_).parent_path()), 0700U);
  EXPECT_EQ(std::distance(fs::directory_iterator(fs::path(path_).parent_path()), {}), 1);
}

TEST_F(KeyFile, IsTheDocumentedLine) {
  const auto wallet = Wallet::load_or_create(path_);
  ASSERT_TRUE(wallet.ok());
  EXPECT_EQ(content().rfind("bittensor-key-v1 ed25519 ", 0), 0U);
  EXPECT_THAT(content(), HasSubstr(" " + wallet->key().hex() + "\n"));
}

TEST_F(KeyFile, OfManyCreatorsIsOneKey) {
  std::vector<std::string> keys(8);
  std::vector<std::thread> threads;
  for (std::string& key : keys) {
    threads.emplace_back([&] {
      const auto wallet = Wallet::load_or_create(path_);
      key = wallet.ok() ? wallet->key().hex() : wallet.status().ToString();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 1U) << keys[0];
  EXPECT_EQ(Wallet::load_or_create(path_)->key().hex(), keys[0]);
}

TEST_F(KeyFile, ReadableByOthersIsRefused) {
  create();
  for (const unsigned mode : {0640U, 0604U, 0620U}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    expect_refused(absl::StatusCode::kPermissionDenied, "chmod 600 " + path_);
  }
}

TEST_F(KeyFile, OfAnotherUserIsRefused) {
  create();
  if (geteuid() == 0) {
    ASSERT_EQ(chown(path_.c_str(), 1, 1), 0);
  } else {
    path_ = "/etc/hosts";  // root's
  }
  expect_refused(absl::StatusCode::kPermissionDenied, "belongs to user");
}

TEST_F(KeyFile, BehindALinkIsRefused) {
  create();
  const std::string file = path_;
  path_ = (folder_ / "link").string();
  fs::create_symlink(file, path_);
  expect_refused(absl::StatusCode::kPermissionDenied, "symbolic link");
}

TEST_F(KeyFile, IsNotCreatedThroughADanglingLink) {
  path_ = (folder_ / "link").string();
  fs::create_symlink(folder_ / "nothing", path_);
  expect_refused(absl::StatusCode::kPermissionDenied, "symbolic link");
  EXPECT_FALSE(fs::exists(folder_ / "nothing"));
}

TEST_F(KeyFile, ThatIsAFolderOrAPipeIsRefused) {
  path_ = (folder_ / "thing").string();
  fs::create_directory(path_);
  expect_refused(absl::StatusCode::kPermissionDenied, "not a regular file");
  fs::remove(path_);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  expect_refused(absl::StatusCode::kPermissionDenied, "not a regular file");
}

TEST_F(KeyFile, CutAnywhereIsRefusedAndLeftAlone) {
  create();
  const std::string whole = content();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    replace_content(whole.substr(0, size));
    expect_refused(absl::StatusCode::kDataLoss, "damaged");
    ASSERT_EQ(content().size(), size);
  }
}

TEST_F(KeyFile, WithAnyByteChangedIsRefused) {
  create();
  const std::string whole = content();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = changed[i] == '0' ? '1' : '0';
    replace_content(changed);
    expect_refused(absl::StatusCode::kDataLoss, "damaged");
  }
}

TEST_F(KeyFile, TooLongIsRefused) {
  create();
  replace_content(content() + "x");
  expect_refused(absl::StatusCode::kDataLoss, "instead of");
}

TEST_F(KeyFile, UnderAFileCannotBeCreated) {
  std::ofstream(folder_ / "file") << "x";
  path_ = (folder_ / "file" / "key").string();
  EXPECT_THAT(std::string(Wallet::load_or_create(path_).status().message()), HasSubstr(path_));
}

TEST(Wallet, RefusesSeedsOfAnotherLength) {
  EXPECT_EQ(Wallet::from_seed("short").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Wallet, EachNewOneIsAnother) {
  EXPECT_NE(Wallet::create().key(), Wallet::create().key());
}

TEST(Wallet, MovesItsKey) {
  Wallet first = Wallet::create();
  const PublicKey key = first.key();
  const Wallet second = std::move(first);
  EXPECT_EQ(second.key(), key);
  EXPECT_TRUE(verify(key, "message", second.sign("message")));
  EXPECT_TRUE(first.key().is_zero());  // NOLINT(bugprone-use-after-move): it says so
}

}  // namespace
}  // namespace bittensor
