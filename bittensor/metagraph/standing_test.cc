// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/standing.h"

#include <cmath>
#include <cstdio>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/wallet/ss58.h"

namespace bittensor {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Row = std::vector<std::pair<PublicKey, float>>;

PublicKey key(char name) {
  return *PublicKey::from_bytes(std::string(32, name));
}
const std::vector<PublicKey> kKeys{key('a'), key('b'), key('c'), key('d')};

TEST(Standing, WhoMostValueHasIncentive) {
  const auto standing = standing_of(kKeys, {{key('a'), {{key('c'), 0.5F}, {key('d'), 0.5F}}},
                                            {key('b'), {{key('c'), 1.0F}}},
                                            {key('d'), {{key('c'), 0.001F}}}});
  ASSERT_TRUE(standing.ok()) << standing.status();
  EXPECT_THAT(standing->incentive, ElementsAre(0, 0, 65535, 0));
  EXPECT_THAT(standing->consensus, ElementsAre(0, 0, 65535, 0));
  EXPECT_THAT(standing->trust, ElementsAre(0, 0, 65535, 0));
}

TEST(Standing, StakeSaysWhoseOpinionCounts) {
  const std::vector<std::pair<PublicKey, Row>> rows{{key('a'), {{key('c'), 1.0F}}},
                                                    {key('b'), {{key('d'), 1.0F}}}};
  const StakeTable for_a{{key('a'), 3}, {key('b'), 1}};
  EXPECT_THAT(standing_of(kKeys, rows, &for_a)->incentive, ElementsAre(0, 0, 65535, 0));
  const StakeTable for_b{{key('b'), 1}};
  EXPECT_THAT(standing_of(kKeys, rows, &for_b)->incentive, ElementsAre(0, 0, 0, 65535));
  const StakeTable for_nobody;
  EXPECT_THAT(standing_of(kKeys, rows, &for_nobody)->incentive, Each(0));
}

TEST(Standing, StrangersAndWhatIsNoWeightDoNotCount) {
  const auto standing =
      standing_of({key('a'), key('b')}, {{key('x'), {{key('a'), 1.0F}}},
                                         {key('a'), {{key('x'), 1.0F}, {key('b'), std::nanf("")}}},
                                         {key('b'), {{key('a'), -1.0F}}}});
  ASSERT_TRUE(standing.ok()) << standing.status();
  EXPECT_THAT(standing->incentive, Each(0));
  EXPECT_TRUE(standing_of({}, {}).ok());
  EXPECT_FALSE(standing_of({key('a'), key('a')}, {}).ok());
}

TEST(Standing, StakeFileNamesKeysOrAddresses) {
  const std::string path = ::testing::TempDir() + "stake";
  const auto read = [&](const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
    return read_stake_file(path);
  };
  const std::string a = key('a').hex();
  const auto stakes = read("# who\n" + a + " 7\n\n" + ss58_address(key('b')) + "\t9 # b\r\n");
  ASSERT_TRUE(stakes.ok()) << stakes.status();
  EXPECT_EQ(stakes->at(key('a')), 7U);
  EXPECT_EQ(stakes->at(key('b')), 9U);
  for (const std::string& bad : {a, a + " -1", a + " 1.5", a + " 1 2", std::string("x 1"),
                                 a + " 1\n" + a + " 2", a + " 99999999999999999999"}) {
    EXPECT_THAT(std::string(read(bad).status().message()), HasSubstr("line ")) << bad;
  }
  std::remove(path.c_str());
  EXPECT_EQ(read_stake_file(path).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace bittensor
