// SPDX-License-Identifier: MIT
#include "bittensor/command_line/nearest_word.h"

#include "gtest/gtest.h"

namespace bittensor {
namespace {

const std::vector<std::string> kWords = {"data",  "embed",   "fill-mask",
                                         "swarm", "version", "wallet"};

TEST(NearestWord, IsTheOneThatWasMeant) {
  EXPECT_EQ(nearest_word("fil-mask", kWords), "fill-mask");
  EXPECT_EQ(nearest_word("fill_mask", kWords), "fill-mask");
  EXPECT_EQ(nearest_word("swram", kWords), "swarm");
  EXPECT_EQ(nearest_word("wallets", kWords), "wallet");
}

TEST(NearestWord, IsNoneIfNothingIsNear) {
  EXPECT_EQ(nearest_word("mnist", kWords), "");
  EXPECT_EQ(nearest_word("", kWords), "");
  EXPECT_EQ(nearest_word("xata", {"a"}), "");
  EXPECT_EQ(nearest_word(std::string(1'000'000, 'x'), kWords), "");
}

}  // namespace
}  // namespace bittensor
