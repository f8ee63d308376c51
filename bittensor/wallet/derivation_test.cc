// SPDX-License-Identifier: MIT
#include "bittensor/wallet/derivation.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

#include "bittensor/base/hex.h"
#include "bittensor/wallet/account.h"

namespace bittensor {
namespace {

const std::string kDevelopmentSeed = *hex_to_bytes(  // of Substrate's development phrase
    "fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e");

struct PathVector {
  KeyScheme scheme;
  const char* path;
  const char* address;
};

// Made with npm's @polkadot/keyring.
const std::vector<PathVector> kPathVectors{
    {KeyScheme::kEd25519, "", "5DFJF7tY4bpbpcKPJcBTQaKuCDEPCpiz8TRjpmLeTtweqmXL"},
    {KeyScheme::kEd25519, "//Alice", "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu"},
    {KeyScheme::kEd25519, "//0", "5HrCphkqYygSXWt9rHebqaqbfEYekhzjyjQNjZiPxpb3XsKY"},
    {KeyScheme::kEd25519, "//hotkey//7", "5G3hDyXTZTfY4Swxe8aiqcQHfSzC96ktjiKR4FeJK58ej8Wz"},
    {KeyScheme::kEd25519, "//a part of more than thirty-one bytes",
     "5FCHy1AQq47vvwmUP4Mxx1GB33QFqamVaaqNX9uamjK5heFQ"},
    {KeyScheme::kEd25519,
     "//"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxx",
     "5CKZnogywEg9TNFAXEsDdHbBJtbdQTzXCNrEvZVS6oSD5iQX"},
    {KeyScheme::kEd25519, "//18446744073709551615",
     "5CHuCGRtxSS3WjWBQgBBHuYqXTasTV2fqQkLGJoAZNEZABnZ"},
    {KeyScheme::kSr25519, "", "5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV"},
    {KeyScheme::kSr25519, "//Alice", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"},
    {KeyScheme::kSr25519, "//0", "5D34dL5prEUaGNQtPPZ3yN5Y6BnkfXunKXXz6fo7ZJbLwRRH"},
    {KeyScheme::kSr25519, "//hotkey//7", "5Cigijrej4QRDJdYiKBRa3ghBjqjugWLKX1yxXUHVzCag7GP"},
    {KeyScheme::kSr25519, "//a part of more than thirty-one bytes",
     "5Ei3et9c7eKndJwhwTqH4PCo25skJ77L5HPznzym4EXHpJJY"},
    {KeyScheme::kSr25519,
     "//"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxx",
     "5HN7XiufPsmMoiikb2y5FqEtDicMMkMRYi2cXNPqASVDSgGR"},
    {KeyScheme::kSr25519, "//18446744073709551615",
     "5FnmmEqtcYdJa7ikbQXggS685DpNeE9j7ob6oBYMyD9kQLxz"},
};

TEST(Derivation, EqualsThatOfOthers) {
  for (const PathVector& vector : kPathVectors) {
    const auto seed = derive_seed(vector.scheme, kDevelopmentSeed, vector.path);
    ASSERT_TRUE(seed.ok()) << seed.status();
    EXPECT_EQ(Account::from_seed(vector.scheme, seed->view())->ss58(), vector.address)
        << vector.path;
  }
}

TEST(Derivation, SeedsOfAliceAreThoseOfSubstrate) {
  EXPECT_EQ(
      absl::BytesToHexString(derive_seed(KeyScheme::kEd25519, kDevelopmentSeed, "//Alice")->view()),
      "abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115");
  EXPECT_EQ(
      absl::BytesToHexString(derive_seed(KeyScheme::kSr25519, kDevelopmentSeed, "//Alice")->view()),
      "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a");
}

TEST(Derivation, WrongPathsAreRefused) {
  for (const std::string& path :
       {std::string("Alice"), std::string("/Alice"), std::string("//"), std::string("//a/b"),
        std::string("///password"), std::string("//a//"), std::string("//18446744073709551616"),
        "//" + std::string(1025, 'x')}) {
    EXPECT_EQ(derive_seed(KeyScheme::kSr25519, kDevelopmentSeed, path).status().code(),
              absl::StatusCode::kInvalidArgument)
        << path;
  }
  EXPECT_FALSE(derive_seed(KeyScheme::kEd25519, "short", "").ok());
}

}  // namespace
}  // namespace bittensor
