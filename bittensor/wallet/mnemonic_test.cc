// SPDX-License-Identifier: MIT
#include "bittensor/wallet/mnemonic.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <sodium.h>

#include "bittensor/base/hex.h"
#include "bittensor/base/sodium.h"
#include "bittensor/wallet/bip39_words.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct PhraseVector {
  const char* entropy;
  const char* phrase;
  const char* seed;
  const char* seed_with_password;  // "Substrate"
};

// Made with npm's @polkadot/util-crypto.
const std::vector<PhraseVector> kPhraseVectors{
    {"00000000000000000000000000000000",
     "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
     "about",
     "4ed8d4b17698ddeaa1f1559f152f87b5d472f725ca86d341bd0276f1b61197e2",
     "44e9d125f037ac1d51f0a7d3649689d422c2af8b1ec8e00d71db4d7bf6d127e3"},
    {"7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
     "legal winner thank year wave sausage worth useful legal winner thank year wave sausage wise",
     "84c186e680c5436689cda6aaa532be9b6d315cad2f8e02445a6e3350506ca27d",
     "05ccdc4a4c5b1526df4a87b714999e7bcc8b476d0dd07b5290a6143d5189ba75"},
    {"0123456789abcdeffedcba98765432100011223344556677",
     "abuse boss fly battle rubber wave window nuclear observe razor arrive cactus absurd much "
     "snack melt grid same",
     "d7f0e10fff7d46f241577329f608b98430e2c81bff63984bb4219b53fd8f7b3a",
     "d5414aa73f309429a49112ed21b9c1057aef0800a50a00595b5c3d13f527c4cc"},
    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo veteran",
     "d18fe1a78a4e7672f52e6afbb5576491ede358b8d83ee955eb5050c890b8fc46",
     "bc6313242832d089228413facd42c5d78edc1312c54770efeeb882bae6027bf0"},
    {"8080808080808080808080808080808080808080808080808080808080808080",
     "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount "
     "doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless",
     "24c7d58ad0b714ea23a06b0d9a717ed698d1bc5f1a6362278b6bb049a7bf38c5",
     "2c9c6144a06ae5a855453d98c3dea470e2a8ffb78179c2e9eb15208ccca7d831"},
};

// Substrate's development phrase.
const std::string kDevelopmentPhrase =
    "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

std::string hex(const Secret& secret) {
  return absl::BytesToHexString(secret.view());
}

TEST(Mnemonic, WordsAreThoseOfTheStandard) {
  const std::string text = absl::StrJoin(bip39_words(), "\n") + "\n";
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(internal::bytes_of(hash), internal::bytes_of(absl::string_view(text)),
                     text.size());
  EXPECT_EQ(absl::BytesToHexString(hash),
            "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
}

TEST(Mnemonic, StandsForItsEntropyAndSeed) {
  for (const PhraseVector& vector : kPhraseVectors) {
    const std::string entropy = *hex_to_bytes(vector.entropy);
    EXPECT_EQ(mnemonic_of(entropy)->view(), vector.phrase);
    EXPECT_EQ(entropy_of(vector.phrase)->view(), entropy);
    EXPECT_EQ(hex(*seed_of_mnemonic(vector.phrase)), vector.seed);
    EXPECT_EQ(hex(*seed_of_mnemonic(vector.phrase, "Substrate")), vector.seed_with_password);
  }
  EXPECT_EQ(hex(*seed_of_mnemonic(kDevelopmentPhrase)),
            "fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e");
}

TEST(Mnemonic, NewOnesDifferAndComeBack) {
  std::set<std::string> phrases;
  for (const int words : {12, 15, 18, 21, 24}) {
    const auto phrase = make_mnemonic(words);
    ASSERT_TRUE(phrase.ok()) << phrase.status();
    EXPECT_EQ(std::vector<std::string>(absl::StrSplit(phrase->view(), ' ')).size(),
              static_cast<std::size_t>(words));
    const auto entropy = entropy_of(phrase->view());
    ASSERT_TRUE(entropy.ok()) << entropy.status();
    EXPECT_EQ(mnemonic_of(entropy->view())->view(), phrase->view());
    phrases.emplace(phrase->view());
    phrases.emplace(make_mnemonic(words)->view());
  }
  EXPECT_EQ(phrases.size(), 10U);
  for (const int words : {-12, 0, 11, 13, 27}) EXPECT_FALSE(make_mnemonic(words).ok());
}

TEST(Mnemonic, TakesAnyWhiteSpace) {
  EXPECT_EQ(hex(*seed_of_mnemonic("  bottom drive\tobey lake curtain smoke\r\nbasket  hold race "
                                  "lonely fit walk\n")),
            hex(*seed_of_mnemonic(kDevelopmentPhrase)));
}

TEST(Mnemonic, MistakesAreFoundAndNotRepeatedInTheMessage) {
  const auto refusal = [](const std::string& phrase) {
    const auto status = seed_of_mnemonic(phrase).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << phrase;
    return std::string(status.message());
  };
  EXPECT_THAT(refusal(""), HasSubstr("not 0"));
  EXPECT_THAT(refusal("bottom drive"), HasSubstr("not 2"));
  EXPECT_THAT(refusal(kDevelopmentPhrase + " walk"), HasSubstr("not 13"));
  EXPECT_THAT(refusal("botom" + kDevelopmentPhrase.substr(6)),
              AllOf(HasSubstr("word 1 "), Not(HasSubstr("botom"))));
  EXPECT_THAT(refusal("Bottom" + kDevelopmentPhrase.substr(6)), HasSubstr("word 1 "));
  EXPECT_THAT(refusal("drive bottom" + kDevelopmentPhrase.substr(12)), HasSubstr("checksum"));
  EXPECT_THAT(refusal(std::string(1'000'000, 'a')), HasSubstr("too long"));
  EXPECT_FALSE(seed_of_mnemonic(kDevelopmentPhrase, "p\xc3\xa4ss").ok());
  EXPECT_FALSE(mnemonic_of("short").ok());
  EXPECT_FALSE(mnemonic_of(std::string(18, 'a')).ok());
}

}  // namespace
}  // namespace bittensor
