// SPDX-License-Identifier: MIT
//
// What a corpus says before any training: which tokens it has, and how many of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/status/statusor.h"
#include "text/tokenizer.h"

namespace bittensor {

// Sentences that follow each other, joined by a space as long as they have at most `most_tokens`
// tokens together; a longer one is left alone. What BERT calls a sentence (Devlin et al. 2018,
// arXiv:1810.04805, section 3: "an arbitrary span of contiguous text"): two real ones say too
// little of whether one follows the other.
std::vector<std::vector<std::string>> passages_of(
    const std::vector<std::vector<std::string>>& documents, const BertTokenizer& tokenizer,
    std::size_t most_tokens);

// How often each token comes in `documents`, a sentence at a time: int64 [vocabulary].
at::Tensor count_tokens(const std::vector<std::vector<std::string>>& documents,
                        const BertTokenizer& tokenizer);

// The tokenizer without those of its tokens that were not counted, except special tokens and
// single characters: it cuts the text that was counted into the same pieces, and can spell any
// other. A small model of a small corpus spends most of its time on tokens that never come.
absl::StatusOr<BertTokenizer> restricted_to(const at::Tensor& counts,
                                            const BertTokenizer& tokenizer);

// What guessing by frequency alone costs: the mean of -ln p(label), in nats, over the `labels` (any
// shape; kBertIgnored counts for nothing), p = (count + 1) / sum. A model must get below it to have
// learnt anything from context.
double unigram_entropy(const at::Tensor& counts, const std::vector<at::Tensor>& labels);

}  // namespace bittensor
