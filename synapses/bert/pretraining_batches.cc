// SPDX-License-Identifier: MIT
#include "synapses/bert/pretraining_batches.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "synapses/bert/shared_tokens.h"
#include "torch/types.h"

#include "bittensor/base/check.h"
#include "bittensor/base/random.h"

namespace bittensor {
namespace {

constexpr absl::string_view kBetween = " [SEP] ";

constexpr std::size_t kPool = 64;  // batches whose pairs are sorted by length together

using Rows = std::vector<std::vector<std::int64_t>>;

// [rows, longest row]
torch::Tensor matrix(const Rows& rows, std::int64_t filling) {
  std::size_t columns = 0;
  for (const auto& row : rows) columns = std::max(columns, row.size());
  torch::Tensor result =
      torch::full({static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(columns)},
                  filling, torch::kLong);
  auto* to = result.data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy(rows[i].begin(), rows[i].end(), to + i * columns);
  }
  return result;
}

}  // namespace

PretrainingBatches::PretrainingBatches(Documents documents,
                                       std::shared_ptr<const BertTokenizer> tokenizer,
                                       const Options& options)
    : documents_(std::move(documents)), tokenizer_(std::move(tokenizer)), options_(options) {
  BITTENSOR_CHECK(options_.batch_size > 0) << options_.batch_size;
  for (const auto& document : documents_) sentences_.push_back(document.size());
  begin(0);
  BITTENSOR_CHECK(!pairs_.empty());
}

std::int64_t PretrainingBatches::per_epoch() const {
  return (pairs() + options_.batch_size - 1) / options_.batch_size;
}

const std::string& PretrainingBatches::sentence(std::size_t document, std::size_t number) const {
  return documents_[document][number];
}

void PretrainingBatches::begin(std::int64_t epoch) {
  if (epoch == epoch_) return;
  const auto wanted = static_cast<std::size_t>(options_.pairs);
  // Of two epochs the odd one has a pair less for each document of an even number of sentences:
  // every epoch is as long as the shorter, so that steps count epochs.
  const std::size_t most = std::min(sentence_pairs(sentences_, options_.seed, 0).size(),
                                    sentence_pairs(sentences_, options_.seed, 1).size());
  pairs_ = sentence_pairs(sentences_, options_.seed, epoch);
  std::mt19937_64 random(seed_of(options_.seed, ~epoch));
  shuffle(pairs_, random);
  pairs_.resize(wanted > 0 ? std::min(wanted, most) : most);

  const auto length = [&](const SentencePair& pair) {
    return sentence(pair.document, pair.first).size() + sentence(pair.document, pair.second).size();
  };
  const auto size = static_cast<std::size_t>(options_.batch_size);
  for (std::size_t from = 0; from < pairs_.size(); from += kPool * size) {
    const auto end = std::min(from + kPool * size, pairs_.size());
    std::stable_sort(pairs_.begin() + static_cast<std::ptrdiff_t>(from),
                     pairs_.begin() + static_cast<std::ptrdiff_t>(end),
                     [&](const auto& a, const auto& b) { return length(a) < length(b); });
  }
  batches_.clear();
  for (std::size_t from = 0; from < pairs_.size(); from += size) batches_.push_back(from);
  if (options_.shuffle) shuffle(batches_, random);
  epoch_ = epoch;
}

BertBatch PretrainingBatches::at(std::int64_t step) {
  BITTENSOR_CHECK(step >= 0) << step;
  if (options_.shuffle) begin(step / per_epoch());
  const std::size_t from = batches_[static_cast<std::size_t>(step % per_epoch())];
  const std::size_t end =
      std::min(from + static_cast<std::size_t>(options_.batch_size), pairs_.size());
  // Other numbers than the order's.
  std::mt19937_64 random((options_.seed + 1) * 0xD1B54A32D192ED03u +
                         static_cast<std::uint64_t>(options_.shuffle ? step : step % per_epoch()));
  std::vector<TextPair> pairs;
  for (std::size_t i = from; i < end; ++i) {
    const SentencePair& pair = pairs_[i];
    pairs.push_back(
        {sentence(pair.document, pair.first), sentence(pair.document, pair.second), pair.follows});
  }
  return make_pretraining_batch(pairs, *tokenizer_, options_.batching, random);
}

BertBatch make_pretraining_batch(const std::vector<TextPair>& pairs, const BertTokenizer& tokenizer,
                                 const PairBatching& options, std::mt19937_64& random) {
  BertTokenizer::EncodeOptions encode;
  encode.max_length = static_cast<std::size_t>(options.max_length);
  BertBatch batch;
  std::vector<BertEncoding> encodings;
  Rows asked;
  Rows labels;
  Rows positions;
  std::vector<std::int64_t> next;
  std::size_t longest = 0;
  for (const TextPair& pair : pairs) {
    BertEncoding encoding = tokenizer.encode_pair(pair.first, pair.second, encode);
    MaskedTokens masked = mask_tokens(encoding, tokenizer, random, options.masking);
    MaskedQuestion question =
        masked_question(pair.first, pair.second, encoding, masked.ids, tokenizer);
    asked.push_back({0});
    labels.push_back({kBertIgnored});
    positions.push_back({0});
    for (std::size_t t = 0; t < encoding.size(); ++t) {
      if (masked.labels[t] == kBertIgnored) continue;
      asked.back().push_back(static_cast<std::int64_t>(t));
      labels.back().push_back(masked.labels[t]);
      positions.back().push_back(question.positions[t]);
    }
    encoding.ids = std::move(masked.ids);
    if (options.mark_shared) mark_shared_tokens(encoding, tokenizer);
    longest = std::max(longest, encoding.size());
    encodings.push_back(std::move(encoding));
    batch.texts.push_back(std::move(question.text));
    batch.plain.push_back(absl::StrCat(pair.first, kBetween, pair.second));
    next.push_back(pair.follows ? 0 : 1);
  }
  for (BertEncoding& encoding : encodings) encoding.pad(longest, tokenizer.pad_id());
  batch.input = make_bert_input(encodings);
  batch.asked = matrix(asked, 0);
  batch.word_labels = matrix(labels, kBertIgnored);
  batch.answer_positions = matrix(positions, 0);
  batch.next_labels = torch::tensor(next, torch::kLong);
  return batch;
}

TextPair split_pair(absl::string_view plain, bool follows) {
  const std::size_t at = plain.find(kBetween);
  if (at == absl::string_view::npos) return {std::string(plain), "", follows};
  return {std::string(plain.substr(0, at)), std::string(plain.substr(at + kBetween.size())),
          follows};
}

}  // namespace bittensor
