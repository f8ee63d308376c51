// SPDX-License-Identifier: MIT
//
// The tokenizer takes any bytes, and what it says about them is consistent.
#include <cstddef>
#include <cstdint>

#include "text/tokenizer.h"

#include "bittensor/base/check.h"

namespace {

bittensor::BertTokenizer make_tokenizer(bool lowercase) {
  auto vocabulary = bittensor::BertVocabulary::parse(
      "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\nb\n##b\ne\n##e\n##ea\n,\n.\n##.\n\n##\n"
      "\xE4\xB8\xAD\n\xC3\xA9\n##\xCC\x81\n");
  BITTENSOR_CHECK(vocabulary.ok());
  bittensor::BertTokenizer::Options options;
  options.do_lower_case = lowercase;
  auto tokenizer = bittensor::BertTokenizer::create(*std::move(vocabulary), options);
  BITTENSOR_CHECK(tokenizer.ok());
  return *std::move(tokenizer);
}

void check(const bittensor::BertTokenizer& tokenizer, absl::string_view text) {
  const bittensor::BertEncoding encoding = tokenizer.encode(text);
  const std::size_t size = encoding.size();
  BITTENSOR_CHECK(size >= 2 && encoding.offsets.size() == size);
  for (std::size_t i = 1; i + 1 < size; ++i) {
    BITTENSOR_CHECK(encoding.offsets[i].begin < encoding.offsets[i].end);
    BITTENSOR_CHECK(encoding.offsets[i].end <= text.size());
    BITTENSOR_CHECK(!tokenizer.vocabulary().token(encoding.ids[i]).empty());
  }
  tokenizer.decode(encoding.ids, false);

  bittensor::BertTokenizer::EncodeOptions cut;
  cut.max_length = 9;
  BITTENSOR_CHECK(tokenizer.encode(text, cut).size() == std::min<std::size_t>(size, 9));
  const std::size_t half = text.size() / 2;
  const auto pair = tokenizer.encode_pair(text.substr(0, half), text.substr(half), cut);
  BITTENSOR_CHECK(pair.size() >= 3 && pair.size() <= 9);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bittensor::BertTokenizer uncased = make_tokenizer(true);
  static const bittensor::BertTokenizer cased = make_tokenizer(false);
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  check(uncased, text);
  check(cased, text);
  return 0;
}
