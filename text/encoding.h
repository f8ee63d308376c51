// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace bittensor {

// The label of a token that no loss is computed for: torch's ignore_index.
inline constexpr std::int64_t kBertIgnored = -100;

// Bytes [begin, end) of a text.
struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;

  friend bool operator==(const TextRange& a, const TextRange& b) {
    return a.begin == b.begin && a.end == b.end;
  }

  // Both ranges, and what lies between them.
  void extend(const TextRange& other) {
    begin = std::min(begin, other.begin);
    end = std::max(end, other.end);
  }
};

// What BERT reads of one text or of a pair of texts; one entry per token in every vector.
struct BertEncoding {
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> type_ids;             // 0: [CLS] and the first text, 1: the second
  std::vector<std::int64_t> attention_mask;       // 1, and 0 for padding
  std::vector<std::int64_t> special_tokens_mask;  // 1 for what encoding and padding added
  // Where the token is in its text, in bytes of the original; empty ranges for added tokens.
  std::vector<TextRange> offsets;
  // Which word of its text the token is a part of, counted from 0; -1 for added tokens. A special
  // token that stands in the text is a word of its own.
  std::vector<std::int64_t> word_ids;

  std::size_t size() const { return ids.size(); }
  void reserve(std::size_t tokens);
  void append(std::int64_t id, std::int64_t type_id, TextRange offset, bool special,
              std::int64_t word_id = -1);
  // Appends `pad_id` until there are `size` tokens; never cuts.
  void pad(std::size_t size, std::int64_t pad_id);
};

// How many tokens two texts keep so that both fit into `room`: the longer gives first, and of
// an odd room that both fill the second gets one more, unless the first was longer.
std::pair<std::size_t, std::size_t> longest_first(std::size_t first, std::size_t second,
                                                  std::size_t room);

}  // namespace bittensor
