// SPDX-License-Identifier: MIT
#include "synapses/bert/fill_mask.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "synapses/bert/length_batches.h"
#include "torch/types.h"

namespace bittensor {
namespace {

absl::Status no_mask(const TextModel& model, const BertEncoding& encoding,
                     const std::string& text) {
  const std::string& mask = model.tokenizer().options().mask_token;
  if (model.tokenizer().mask_id() < 0) {
    return absl::InvalidArgumentError(absl::StrCat("the model's vocabulary has no ", mask));
  }
  const UnreadText rest = unread(encoding, text, model.max_tokens());
  if (rest.text.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("no ", mask, " in the text"));
  }
  const std::size_t found = rest.text.find(mask);
  return absl::InvalidArgumentError(
      absl::StrCat("no ", mask, " in what the model reads of the text: its first ",
                   rest.tokens_read, " tokens, ", rest.bytes_read, " of ", text.size(), " bytes",
                   found == absl::string_view::npos
                       ? ""
                       : absl::StrCat("; one comes later, at byte ", rest.bytes_read + found)));
}

// `logits` [masks, vocabulary]: those of `encoding` begin at `row`, which is moved behind them.
MaskGuesses guesses_of(const BertTokenizer& tokenizer, const BertEncoding& encoding,
                       const torch::Tensor& logits, std::int64_t& row, std::int64_t limit) {
  MaskGuesses guesses;
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    if (encoding.ids[t] != tokenizer.mask_id()) continue;
    const torch::Tensor probabilities = logits[row++].to(torch::kFloat).softmax(0);
    const auto [values, ids] = probabilities.topk(std::min(limit, probabilities.numel()));
    std::vector<MaskGuess> best;
    for (std::int64_t i = 0; i < ids.numel(); ++i) {
      const std::int64_t id = ids[i].item<std::int64_t>();
      std::vector<std::int64_t> filled = encoding.ids;
      filled[t] = id;
      // The other masks are to be seen, the tokens that encoding added are not.
      filled.erase(filled.begin());
      filled.pop_back();
      best.push_back({std::string(tokenizer.vocabulary().token(id)), values[i].item<double>(),
                      tokenizer.decode(filled, /*skip_special_tokens=*/false)});
    }
    guesses.push_back(std::move(best));
  }
  return guesses;
}

}  // namespace

std::vector<absl::StatusOr<MaskGuesses>> fill_masks(TextModel& model,
                                                    absl::Span<const std::string> texts,
                                                    std::int64_t limit, std::size_t batch) {
  const BertTokenizer& tokenizer = model.tokenizer();
  std::vector<absl::StatusOr<MaskGuesses>> results(texts.size(),
                                                   absl::StatusOr<MaskGuesses>(MaskGuesses()));
  std::vector<BertEncoding> encodings;
  std::vector<std::size_t> texts_of;  // the text of each encoding
  for (std::size_t i = 0; i < texts.size(); ++i) {
    BertEncoding encoding = model.encode(texts[i]);
    const auto& ids = encoding.ids;
    if (std::find(ids.begin(), ids.end(), tokenizer.mask_id()) == ids.end()) {
      results[i] = no_mask(model, encoding, texts[i]);
      continue;
    }
    encodings.push_back(std::move(encoding));
    texts_of.push_back(i);
  }
  for (const auto& together : batches_by_length(encodings, batch)) {
    const BertInput input =
        make_padded_input(encodings, together, tokenizer.pad_id(), model.device());
    const torch::Tensor logits =
        model.word_logits(input, input.ids == tokenizer.mask_id()).to(torch::kCPU);
    std::int64_t row = 0;
    for (const std::size_t index : together) {
      results[texts_of[index]] = guesses_of(tokenizer, encodings[index], logits, row, limit);
    }
  }
  return results;
}

}  // namespace bittensor
