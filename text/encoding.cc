// SPDX-License-Identifier: MIT
#include "text/encoding.h"

#include <algorithm>

namespace bittensor {

void BertEncoding::reserve(std::size_t tokens) {
  ids.reserve(tokens);
  type_ids.reserve(tokens);
  attention_mask.reserve(tokens);
  special_tokens_mask.reserve(tokens);
  offsets.reserve(tokens);
  word_ids.reserve(tokens);
}

void BertEncoding::append(std::int64_t id, std::int64_t type_id, TextRange offset, bool special,
                          std::int64_t word_id) {
  ids.push_back(id);
  type_ids.push_back(type_id);
  attention_mask.push_back(1);
  special_tokens_mask.push_back(special ? 1 : 0);
  offsets.push_back(offset);
  word_ids.push_back(word_id);
}

void BertEncoding::pad(std::size_t size, std::int64_t pad_id) {
  if (size <= ids.size()) return;
  ids.resize(size, pad_id);
  type_ids.resize(size, 0);
  attention_mask.resize(size, 0);
  special_tokens_mask.resize(size, 1);
  offsets.resize(size);
  word_ids.resize(size, -1);
}

std::pair<std::size_t, std::size_t> longest_first(std::size_t first, std::size_t second,
                                                  std::size_t room) {
  if (first + second <= room) return {first, second};
  const std::size_t shorter = std::min({first, second, room / 2});
  const std::size_t longer = room - shorter;
  return first > second ? std::make_pair(longer, shorter) : std::make_pair(shorter, longer);
}

}  // namespace bittensor
