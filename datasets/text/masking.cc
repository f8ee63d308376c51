// SPDX-License-Identifier: MIT
#include "datasets/text/masking.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "text/encoding.h"

#include "bittensor/base/random.h"

namespace bittensor {
namespace {

std::int64_t draw_token(const BertTokenizer& tokenizer, std::mt19937_64& random) {
  std::int64_t id = tokenizer.unk_id();
  // A vocabulary of special tokens alone has none to draw.
  for (int i = 0; i < 100 && tokenizer.is_special(id); ++i) {
    id = static_cast<std::int64_t>(random() % tokenizer.vocabulary().size());
  }
  return id;
}

}  // namespace

MaskedTokens mask_tokens(const BertEncoding& encoding, const BertTokenizer& tokenizer,
                         std::mt19937_64& random, const MaskingOptions& options) {
  MaskedTokens result{encoding.ids, std::vector<std::int64_t>(encoding.size(), kBertIgnored)};
  std::vector<std::size_t> candidates;
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    if (encoding.special_tokens_mask[t] == 0 && !tokenizer.is_special(encoding.ids[t])) {
      candidates.push_back(t);
    }
  }
  if (candidates.empty()) return result;
  const double wanted = std::round(options.chosen * static_cast<double>(candidates.size()));
  const auto count =
      std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 1, candidates.size());
  for (std::size_t i = 0; i < count; ++i) {  // Fisher and Yates, as far as it is needed
    std::swap(candidates[i], candidates[i + random() % (candidates.size() - i)]);
    const std::size_t t = candidates[i];
    result.labels[t] = encoding.ids[t];
    const double fate = to_unit(random());
    if (fate < options.masked) {
      result.ids[t] = tokenizer.mask_id();
    } else if (fate < options.masked + options.random) {
      result.ids[t] = draw_token(tokenizer, random);
    }
  }
  return result;
}

MaskedQuestion masked_question(absl::string_view first, absl::string_view second,
                               const BertEncoding& encoding, const std::vector<std::int64_t>& ids,
                               const BertTokenizer& tokenizer) {
  MaskedQuestion question;
  std::vector<std::size_t> starts(encoding.size(), 0);  // byte of each token in question.text
  std::size_t done = 0;                                 // bytes of the text that were written
  std::int64_t type = 0;
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    if (encoding.special_tokens_mask[t] != 0) continue;
    if (encoding.type_ids[t] != type) {
      absl::StrAppend(&question.text, " ", tokenizer.options().sep_token, " ");
      type = encoding.type_ids[t];
      done = 0;
    }
    const absl::string_view text = type == 0 ? first : second;
    const TextRange range = encoding.offsets[t];
    // Pieces of one character share its bytes.
    const std::size_t begin = std::max(range.begin, done);
    const std::size_t end = std::max(range.end, begin);
    absl::StrAppend(&question.text, text.substr(done, begin - done));
    starts[t] = question.text.size();
    const absl::string_view read =
        ids[t] == encoding.ids[t] ? text.substr(begin, end - begin)
                                  : absl::StripPrefix(tokenizer.vocabulary().token(ids[t]), "##");
    absl::StrAppend(&question.text, read);
    done = end;
  }

  BertTokenizer::EncodeOptions bare;
  bare.add_special_tokens = false;
  const BertEncoding asked = tokenizer.encode(question.text, bare);
  question.positions.resize(encoding.size(), 0);
  std::size_t at = 0;
  for (std::size_t t = 0; t < encoding.size() && asked.size() > 0; ++t) {
    if (encoding.special_tokens_mask[t] != 0) continue;
    while (at + 1 < asked.size() && asked.offsets[at + 1].begin <= starts[t]) ++at;
    question.positions[t] = asked.word_ids[at] + 1;
  }
  return question;
}

}  // namespace bittensor
