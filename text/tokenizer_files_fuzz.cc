// SPDX-License-Identifier: MIT
//
// A tokenizer's files, as somebody gives them to the user. The first byte of the input says what
// the rest is: a tokenizer.json (0), a vocab.txt (1), a tokenizer_config.json (2), the
// assets/vocab.json of a package (3).
#include <cstddef>
#include <cstdint>
#include <string>

#include "text/tokenizer_files.h"
#include "text/tokenizer_json.h"

#include "bittensor/base/check.h"

namespace {

using namespace bittensor;

constexpr char kText[] = "a [MASK] caf\xC3\xA9 \xE4\xB8\xAD  new word, unaffable!";

// What is read is written and read again as the same.
void check(BertVocabulary vocabulary, BertTokenizer::Options options) {
  const auto tokenizer = BertTokenizer::create(std::move(vocabulary), std::move(options));
  if (!tokenizer.ok()) return;
  const BertEncoding encoding = tokenizer->encode(kText);
  tokenizer->decode(encoding.ids, false);
  for (const TextRange& range : encoding.offsets) {
    BITTENSOR_CHECK(range.begin <= range.end && range.end < sizeof kText);
  }
  auto parts = parse_tokenizer_json(tokenizer_json(*tokenizer));
  BITTENSOR_CHECK(parts.ok()) << parts.status();
  auto again = BertVocabulary::create(std::move(parts->entries));
  BITTENSOR_CHECK(again.ok()) << again.status();
  const auto same = BertTokenizer::create(*std::move(again), std::move(parts->options));
  BITTENSOR_CHECK(same.ok()) << same.status();
  BITTENSOR_CHECK(same->encode(kText).ids == encoding.ids);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const absl::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 0) {
    auto parts = parse_tokenizer_json(rest);
    if (!parts.ok()) return 0;
    BITTENSOR_CHECK(parts->entries.size() <= size);
    auto vocabulary = BertVocabulary::create(std::move(parts->entries));
    if (vocabulary.ok()) check(*std::move(vocabulary), std::move(parts->options));
  } else if (data[0] == 1) {
    auto vocabulary = BertVocabulary::parse(rest);
    if (vocabulary.ok()) check(*std::move(vocabulary), {});
  } else if (data[0] == 2) {
    BertTokenizer::Options options;
    (void)apply_tokenizer_config(rest, options);
  } else {
    (void)vocab_txt_from_json(rest);
  }
  return 0;
}
