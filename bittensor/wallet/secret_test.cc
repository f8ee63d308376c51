// SPDX-License-Identifier: MIT
#include "bittensor/wallet/secret.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <new>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

#include "bittensor/wallet/testing/freed_memory.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

const std::string kShort = "open sesame";  // fits into a std::string itself
const std::string kLong = "a passphrase of more than fifteen bytes";

// The memory of an object after its end.
class Place {
 public:
  void* at() { return bytes_.data(); }
  bool holds(const std::string& text) const {
    return std::string(bytes_.begin(), bytes_.end()).find(text) != std::string::npos;
  }

 private:
  alignas(Secret) std::array<char, sizeof(Secret)> bytes_{};
};

TEST(Secret, LeavesNothingWhereItWasMovedFrom) {
  Place place;
  auto* const secret = new (place.at()) Secret(kShort);
  const Secret moved(std::move(*secret));
  EXPECT_FALSE(place.holds(kShort.substr(1)));
  secret->~Secret();
  EXPECT_EQ(moved.view(), kShort);
}

TEST(Secret, IsWipedWhenItGoes) {
  for (const std::string& text : {kShort, kLong}) {
    const FreedMemory freed(text);
    { const Secret secret(text); }
    EXPECT_EQ(freed.found(), 0) << text;
  }
}

TEST(Secret, IsWipedWhenItGrowsShrinksOrIsReplaced) {
  const std::string twice = kLong + kLong;
  const FreedMemory freed(kLong);
  Secret secret(kLong);
  secret.append(kLong);
  EXPECT_EQ(secret.view(), twice);
  secret.resize(2);
  EXPECT_EQ(secret.view(), "a ");
  secret = Secret(kLong);
  secret = Secret(kShort);
  EXPECT_EQ(freed.found(), 0);
}

TEST(Secret, TakesATextAndWipesWhereItStood) {
  const FreedMemory freed(kLong);
  std::string text = kLong;
  const Secret secret = Secret::take(std::move(text));
  EXPECT_EQ(secret.view(), kLong);
  EXPECT_TRUE(text.empty());  // NOLINT: that is what it promises
  { const std::string gone = std::move(text); }
  EXPECT_EQ(freed.found(), 0);
}

// In what is freed while a key is made, written, read back and used neither its seed nor the
// hexadecimal digits of that may be.
TEST(Secret, KeyFilesLeaveNoSeedInFreedMemory) {
  std::string folder = ::testing::TempDir() + "secret-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string seed = "this seed has thirty-two bytes..";
  const std::string digits = absl::BytesToHexString(seed);
  const auto expect_nothing_left_of = [&](const std::string& needle, const std::string& path,
                                          const std::string& passphrase) {
    const FreedMemory freed(needle);
    ASSERT_TRUE(Wallet::from_seed(seed)->save(path, passphrase).ok());
    ASSERT_TRUE(Wallet::load(path, passphrase).ok());
    EXPECT_EQ(freed.found(), 0) << path;
  };
  expect_nothing_left_of(seed, folder + "/a", "");
  expect_nothing_left_of(digits, folder + "/b", "");
  expect_nothing_left_of(digits, folder + "/c", kLong);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace bittensor
