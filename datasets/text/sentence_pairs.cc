// SPDX-License-Identifier: MIT
#include "datasets/text/sentence_pairs.h"

#include <random>

namespace bittensor {

std::vector<SentencePair> sentence_pairs(const std::vector<std::size_t>& sentences,
                                         std::uint64_t seed, std::int64_t epoch) {
  // A seed for each pair of numbers; the constant is 2^64 divided by the golden ratio.
  std::mt19937_64 random(seed * 0x9E3779B97F4A7C15u + static_cast<std::uint64_t>(epoch));
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
