// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bittensor {

// Two sentences of one document, by their numbers.
struct SentencePair {
  std::size_t document = 0;
  std::size_t first = 0;
  std::size_t second = 0;
  bool follows = false;  // whether the second is the one after the first
};

// Pairs for BERT's task "next sentence" (Devlin et al. 2018, arXiv:1810.04805, section 3.1), all of
// them from within one document: about half of the seconds follow, the others are drawn at random
// from the rest of the document. Every sentence is the first of a pair in every other epoch.
// `sentences`: how many each document has; one of fewer than three gives none. The same on every
// machine.
std::vector<SentencePair> sentence_pairs(const std::vector<std::size_t>& sentences,
                                         std::uint64_t seed, std::int64_t epoch);

}  // namespace bittensor
