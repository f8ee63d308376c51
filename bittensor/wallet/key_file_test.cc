// SPDX-License-Identifier: MIT
#include "bittensor/wallet/key_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <sys/stat.h>

#include "bittensor/wallet/passphrase.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

class EncryptedKeyFile : public ::testing::Test {
 protected:
  EncryptedKeyFile() {
    std::string pattern = ::testing::TempDir() + "key-file-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/neuron.key";
  }
  ~EncryptedKeyFile() override { std::filesystem::remove_all(folder_); }

  std::string content() const {
    std::ifstream file(path_);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  void write(const std::string& path, const std::string& text) const {
    std::ofstream(path) << text;
    chmod(path.c_str(), 0600);
  }

  std::string folder_;
  std::string path_;
};

// One test, as each look at the file takes most of a second: that is what it is for.
TEST_F(EncryptedKeyFile, OpensWithItsPassphraseAlone) {
  const auto created = Wallet::load_or_create(path_, "correct horse");
  ASSERT_TRUE(created.ok()) << created.status();
  const auto info = inspect_key_file(path_);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_TRUE(info->encrypted);
  EXPECT_EQ(info->key, created->key());
  const auto loaded = Wallet::load(path_, "correct horse");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_TRUE(verify(created->key(), "message", loaded->sign("message")));
  for (const char* wrong : {"", "correct horses"}) {
    const absl::Status status = Wallet::load_or_create(path_, wrong).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  }
  struct stat file {};
  ASSERT_EQ(stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
}

TEST_F(EncryptedKeyFile, DamagedIsToldFromWrongPassphraseWherePossible) {
  const std::string line = "bittensor-key-v1 ed25519-encrypted 1 8 " + std::string(32, '0') + " " +
                           std::string(48, '0') + " " + std::string(96, '0') + " " +
                           std::string(64, '1') + "\n";
  write(path_, line);
  ASSERT_TRUE(inspect_key_file(path_).ok()) << inspect_key_file(path_).status();
  EXPECT_EQ(Wallet::load(path_, "x").status().code(), absl::StatusCode::kPermissionDenied);
  for (const auto& [from, to] :
       std::vector<std::pair<const char*, const char*>>{{" 1 8 ", " 1 999999999999 "},
                                                        {" 1 8 ", " 0 8 "},
                                                        {" 1 8 ", " 17 8 "},
                                                        {" 1 8 ", " 1 7 "},
                                                        {" 1 8 ", " 8 "},
                                                        {"0 1111", "01111"},
                                                        {"1\n", "1"},
                                                        {"1\n", "1 1\n"},
                                                        {" 0000", " 00x0"}}) {
    write(path_, absl::StrReplaceAll(line, {{from, to}}));
    EXPECT_EQ(Wallet::load(path_, "x").status().code(), absl::StatusCode::kDataLoss) << to;
  }
}

TEST_F(EncryptedKeyFile, PlainFileTakesAnyPassphrase) {
  const auto created = Wallet::load_or_create(path_);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_FALSE(inspect_key_file(path_)->encrypted);
  EXPECT_EQ(Wallet::load(path_, "any")->key(), created->key());
}

TEST_F(EncryptedKeyFile, IsNotWrittenOverAnother) {
  ASSERT_TRUE(Wallet::create().save(path_).ok());
  const std::string before = content();
  EXPECT_EQ(Wallet::create().save(path_).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(content(), before);
}

TEST_F(EncryptedKeyFile, PassphraseIsTheFirstLineOfAPrivateFileOrTheEnvironment) {
  const std::string file = folder_ + "/passphrase";
  write(file, "two words\nrest\n");
  EXPECT_EQ(read_passphrase(file)->view(), "two words");
  chmod(file.c_str(), 0644);
  EXPECT_EQ(read_passphrase(file).status().code(), absl::StatusCode::kPermissionDenied);
  write(file, "\n");
  EXPECT_EQ(read_passphrase(file).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(read_passphrase(folder_ + "/none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(read_passphrase("")->empty());
  setenv("BITTENSOR_PASSPHRASE", "from outside", 1);
  EXPECT_EQ(read_passphrase("")->view(), "from outside");
  unsetenv("BITTENSOR_PASSPHRASE");
}

}  // namespace
}  // namespace bittensor
