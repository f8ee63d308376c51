// SPDX-License-Identifier: MIT
#include "bittensor/wallet/account.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <sys/stat.h>

#include "bittensor/base/hex.h"
#include "bittensor/wallet/key_file.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Substrate's //Alice, of either scheme.
const std::string kEd25519Seed =
    *hex_to_bytes("abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115");
const std::string kSr25519Seed =
    *hex_to_bytes("e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a");

class AccountFile : public ::testing::TestWithParam<KeyScheme> {
 protected:
  AccountFile() {
    std::string pattern = ::testing::TempDir() + "account-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/coldkey";
  }
  ~AccountFile() override { std::filesystem::remove_all(folder_); }

  std::string content() const {
    std::ifstream file(path_);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  std::string folder_;
  std::string path_;
};

INSTANTIATE_TEST_SUITE_P(Schemes, AccountFile,
                         ::testing::Values(KeyScheme::kEd25519, KeyScheme::kSr25519));

TEST_P(AccountFile, HoldsTheAccount) {
  for (const char* passphrase : {"", "correct horse"}) {
    const Account account = Account::create(GetParam());
    ASSERT_TRUE(account.save(path_, passphrase).ok());
    const auto info = inspect_key_file(path_);
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_EQ(info->scheme, GetParam());
    EXPECT_EQ(info->key, account.key());
    const auto loaded = Account::load(path_, passphrase);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(loaded->key(), account.key());
    EXPECT_EQ(loaded->scheme(), GetParam());
    EXPECT_TRUE(verify(GetParam(), account.key(), "message", loaded->sign("message")));
    std::filesystem::remove(path_);
  }
}

TEST_P(AccountFile, DamagedIsRefused) {
  ASSERT_TRUE(Account::create(GetParam()).save(path_).ok());
  const std::string good = content();
  const auto code_with = [&](const std::string& text) {
    std::ofstream(path_, std::ios::trunc) << text;
    return Account::load(path_).status().code();
  };
  EXPECT_EQ(code_with(good), absl::StatusCode::kOk);
  const std::string start = good.substr(0, good.find(' ', 17) + 1);
  for (const std::string& bad :
       {std::string(), start, start + "12", good.substr(0, good.size() - 1), good + "\n",
        "bittensor-key-v1 other " + good.substr(start.size()), start + std::string(130, 'x')}) {
    EXPECT_EQ(code_with(bad), absl::StatusCode::kDataLoss) << bad;
  }
}

TEST_F(AccountFile, OfEd25519IsANeuronsAndOfSr25519IsNot) {
  const Account neuron = *Account::from_seed(KeyScheme::kEd25519, kEd25519Seed);
  ASSERT_TRUE(neuron.save(path_).ok());
  EXPECT_EQ(Wallet::load(path_)->key(), neuron.key());
  std::filesystem::remove(path_);

  ASSERT_TRUE(Account::from_seed(KeyScheme::kSr25519, kSr25519Seed)->save(path_).ok());
  EXPECT_THAT(content(), StartsWith("bittensor-key-v1 sr25519 "));
  const absl::Status status = Wallet::load_or_create(path_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("sr25519"));
}

TEST(Account, HasTheAddressThatOthersKnow) {
  EXPECT_EQ(Account::from_seed(KeyScheme::kEd25519, kEd25519Seed)->ss58(),
            "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu");
  EXPECT_EQ(Account::from_seed(KeyScheme::kSr25519, kSr25519Seed)->ss58(),
            "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
}

TEST(Account, SignaturesAreOfOneScheme) {
  const Account account = *Account::from_seed(KeyScheme::kSr25519, kSr25519Seed);
  const std::string signature = account.sign("m");
  EXPECT_TRUE(verify(KeyScheme::kSr25519, account.key(), "m", signature));
  EXPECT_FALSE(verify(KeyScheme::kEd25519, account.key(), "m", signature));
  EXPECT_FALSE(verify(KeyScheme::kSr25519, account.key(), "m", "short"));
  EXPECT_FALSE(Account::from_seed(KeyScheme::kSr25519, "short").ok());
}

}  // namespace
}  // namespace bittensor
