// SPDX-License-Identifier: MIT
#include "synapses/bert/fill_mask.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "torch/torch.h"

namespace bittensor {
namespace {

BertEncoding encoded(const BertSynapse& synapse, absl::string_view text) {
  return encode_text(synapse.tokenizer(), text, synapse.config());
}

absl::Status no_mask(const BertSynapse& synapse, const std::string& text) {
  const std::string& mask = synapse.tokenizer().options().mask_token;
  const UnreadText rest = unread(synapse, text);
  if (rest.text.empty())
    return absl::InvalidArgumentError(absl::StrCat("no ", mask, " in the text"));
  const std::size_t found = rest.text.find(mask);
  return absl::InvalidArgumentError(
      absl::StrCat("no ", mask, " in what the model reads of the text: its first ",
                   rest.tokens_read, " tokens, ", rest.bytes_read, " of ", text.size(), " bytes",
                   found == absl::string_view::npos
                       ? ""
                       : absl::StrCat("; one comes later, at byte ", rest.bytes_read + found)));
}

}  // namespace

UnreadText unread(const BertSynapse& synapse, absl::string_view text) {
  const BertEncoding encoding = encoded(synapse, text);
  UnreadText result;
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    if (encoding.special_tokens_mask[t] != 0) continue;
    ++result.tokens_read;
    result.bytes_read = std::max(result.bytes_read, encoding.offsets[t].end);
  }
  const auto room = static_cast<std::size_t>(synapse.config().max_position_embeddings);
  const absl::string_view rest = text.substr(result.bytes_read);
  if (encoding.size() == room && !absl::StripAsciiWhitespace(rest).empty()) result.text = rest;
  return result;
}

absl::StatusOr<std::vector<std::vector<MaskGuess>>> fill_mask(BertSynapse& synapse,
                                                              const std::string& text,
                                                              std::int64_t limit) {
  const torch::NoGradGuard no_grad;
  const BertTokenizer& tokenizer = synapse.tokenizer();
  const BertEncoding encoding = encoded(synapse, text);
  const auto mask = tokenizer.mask_id();
  if (std::find(encoding.ids.begin(), encoding.ids.end(), mask) == encoding.ids.end()) {
    return no_mask(synapse, text);
  }
  const torch::Tensor hidden = synapse.encode(make_bert_input({encoding}));
  const torch::Tensor logits = synapse.word_logits(hidden)[0];  // [sequence, vocabulary]
  std::vector<std::vector<MaskGuess>> guesses;
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    if (encoding.ids[t] != mask) continue;
    const torch::Tensor probabilities = logits[static_cast<std::int64_t>(t)].softmax(0);
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

std::vector<float> embed_text(BertSynapse& synapse, const std::string& text) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor pooled =
      synapse.pretraining().bert().forward(make_bert_input({encoded(synapse, text)})).pooled;
  const torch::Tensor flat = pooled.flatten().to(torch::kFloat).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

}  // namespace bittensor
