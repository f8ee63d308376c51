// SPDX-License-Identifier: MIT
#include "datasets/text/sentence_pairs.h"

#include <set>

#include "gtest/gtest.h"

namespace bittensor {
namespace {

const std::vector<std::size_t> kSentences = {400, 2, 601};

TEST(SentencePairs, HalfOfTheSecondsFollowAndTheOthersDoNot) {
  int follow = 0;
  const auto pairs = sentence_pairs(kSentences, 1, 0);
  for (const SentencePair& pair : pairs) {
    EXPECT_LT(pair.second, kSentences[pair.document]);
    EXPECT_EQ(pair.follows, pair.second == pair.first + 1);
    EXPECT_NE(pair.second, pair.first);
    follow += pair.follows ? 1 : 0;
  }
  EXPECT_EQ(pairs.size(), 500);
  EXPECT_NEAR(follow, 250, 60);
}

TEST(SentencePairs, DocumentsWithoutAChoiceGiveNone) {
  for (const SentencePair& pair : sentence_pairs(kSentences, 1, 0)) EXPECT_NE(pair.document, 1);
}

TEST(SentencePairs, TwoEpochsBeginWithEverySentenceThatHasANext) {
  std::set<std::size_t> firsts;
  for (const std::int64_t epoch : {4, 5}) {
    for (const SentencePair& pair : sentence_pairs({7}, 1, epoch)) firsts.insert(pair.first);
  }
  EXPECT_EQ(firsts, (std::set<std::size_t>{0, 1, 2, 3, 4, 5}));
}

TEST(SentencePairs, FollowFromSeedAndEpochAlone) {
  const auto same = [](const auto& a, const auto& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i].second != b[i].second) return false;
    }
    return a.size() == b.size();
  };
  EXPECT_TRUE(same(sentence_pairs({100}, 1, 2), sentence_pairs({100}, 1, 2)));
  EXPECT_FALSE(same(sentence_pairs({100}, 1, 2), sentence_pairs({100}, 2, 2)));
  EXPECT_FALSE(same(sentence_pairs({100}, 1, 2), sentence_pairs({100}, 1, 4)));
}

}  // namespace
}  // namespace bittensor
