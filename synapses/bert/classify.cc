// SPDX-License-Identifier: MIT
#include "synapses/bert/classify.h"

#include <algorithm>

#include "synapses/bert/length_batches.h"
#include "torch/types.h"

namespace bittensor {
namespace {

BertEncoding encode(const TextModel& model, const std::pair<std::string, std::string>& text) {
  if (text.second.empty()) return model.encode(text.first);
  BertTokenizer::EncodeOptions options;
  options.max_length = model.max_tokens();
  return model.tokenizer().encode_pair(text.first, text.second, options);
}

// [batch, labels] -> what they mean
torch::Tensor scores_of(const BertConfig& config, const torch::Tensor& logits) {
  const bool regression = config.problem_type == "regression" ||
                          (config.problem_type.empty() && config.num_labels == 1);
  if (regression) return logits;
  const bool several =
      config.problem_type == "multi_label_classification" || config.num_labels == 1;
  return several ? logits.sigmoid() : logits.softmax(1);
}

}  // namespace

std::vector<std::vector<TextLabel>> classify_texts(
    TextModel& model, absl::Span<const std::pair<std::string, std::string>> texts,
    std::size_t batch) {
  std::vector<BertEncoding> encodings;
  for (const auto& text : texts) encodings.push_back(encode(model, text));
  std::vector<std::vector<TextLabel>> results(texts.size());
  for (const auto& together : batches_by_length(encodings, batch)) {
    const torch::Tensor logits = model.logits(
        make_padded_input(encodings, together, model.tokenizer().pad_id(), model.device()));
    const torch::Tensor scores =
        scores_of(model.config(), logits.to(torch::kFloat)).to(torch::kCPU);
    const auto score = scores.accessor<float, 2>();
    for (std::size_t row = 0; row < together.size(); ++row) {
      std::vector<TextLabel>& labels = results[together[row]];
      for (std::int64_t id = 0; id < scores.size(1); ++id) {
        labels.push_back({model.config().label(id), score[static_cast<std::int64_t>(row)][id]});
      }
      std::stable_sort(labels.begin(), labels.end(),
                       [](const TextLabel& a, const TextLabel& b) { return a.score > b.score; });
    }
  }
  return results;
}

}  // namespace bittensor
