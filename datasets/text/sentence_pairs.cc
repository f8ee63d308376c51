// SPDX-License-Identifier: MIT
#include "datasets/text/sentence_pairs.h"

#include <random>

#include "bittensor/base/random.h"

namespace bittensor {

std::vector<SentencePair> sentence_pairs(const std::vector<std::size_t>& sentences,
                                         std::uint64_t seed, std::int64_t epoch) {
  std::mt19937_64 random(seed_of(seed, epoch));
  std::vector<SentencePair> pairs;
  for (std::size_t document = 0; document < sentences.size(); ++document) {
    const std::size_t count = sentences[document];
    if (count < 3) continue;
    for (auto first = static_cast<std::size_t>(epoch % 2); first + 1 < count; first += 2) {
      SentencePair pair{document, first, first + 1, random() % 2 == 0};
      while (!pair.follows && (pair.second == first || pair.second == first + 1)) {
        pair.second = random() % count;
      }
      pairs.push_back(pair);
    }
  }
  return pairs;
}

}  // namespace bittensor
