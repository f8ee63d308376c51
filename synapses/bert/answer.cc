// SPDX-License-Identifier: MIT
#include "synapses/bert/answer.h"

#include <algorithm>
#include <utility>

#include "synapses/bert/length_batches.h"
#include "torch/types.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxQuestionTokens = 64;
constexpr std::size_t kMaxWindow = 384;  // tokens; models were trained with no more

// A part of the text that is read at once, with the question before it.
struct Window {
  std::size_t begin = 0;  // tokens of the text
  std::size_t end = 0;
};

struct Span {
  double score = 0;
  std::size_t first = 0;  // tokens of the text
  std::size_t last = 0;
};

std::vector<Window> windows_of(std::size_t tokens, std::size_t room, std::size_t overlap) {
  std::vector<Window> windows;
  const std::size_t step = room - std::min(overlap, room / 2);
  for (std::size_t begin = 0;; begin += step) {
    windows.push_back({begin, std::min(tokens, begin + room)});
    if (windows.back().end == tokens) return windows;
  }
}

BertEncoding join(const BertTokenizer& tokenizer, const BertEncoding& question,
                  const BertEncoding& text, const Window& window) {
  BertEncoding joined;
  joined.append(tokenizer.cls_id(), 0, {}, true);
  for (const std::int64_t id : question.ids) joined.append(id, 0, {}, false);
  joined.append(tokenizer.sep_id(), 0, {}, true);
  for (std::size_t t = window.begin; t < window.end; ++t) {
    joined.append(text.ids[t], 1, text.offsets[t], false, text.word_ids[t]);
  }
  joined.append(tokenizer.sep_id(), 1, {}, true);
  return joined;
}

// Probabilities of the text's tokens among them and the first of all, which stands for "no answer".
// `logits` [sequence].
std::vector<double> probabilities(const torch::Tensor& logits, std::size_t before,
                                  std::size_t size) {
  const auto begin = static_cast<std::int64_t>(before);
  const auto count = static_cast<std::int64_t>(size);
  const torch::Tensor some =
      torch::cat({logits.narrow(0, 0, 1), logits.narrow(0, begin, count)}).to(torch::kDouble);
  const torch::Tensor all = some.softmax(0).narrow(0, 1, count).contiguous();
  return {all.data_ptr<double>(), all.data_ptr<double>() + count};
}

void add_spans(const std::vector<double>& starts, const std::vector<double>& ends,
               const Window& window, const AnswerOptions& options, std::vector<Span>& spans) {
  for (std::size_t first = 0; first < starts.size(); ++first) {
    const std::size_t behind = std::min(ends.size(), first + options.max_tokens);
    for (std::size_t last = first; last < behind; ++last) {
      spans.push_back({starts[first] * ends[last], window.begin + first, window.begin + last});
    }
  }
}

// From the beginning of the first token's word to the end of the last one's.
TextRange words_of(const BertEncoding& text, const Span& span) {
  std::size_t first = span.first;
  std::size_t last = span.last;
  while (first > 0 && text.word_ids[first - 1] == text.word_ids[first]) --first;
  while (last + 1 < text.size() && text.word_ids[last + 1] == text.word_ids[last]) ++last;
  return {text.offsets[first].begin, text.offsets[last].end};
}

}  // namespace

absl::StatusOr<std::vector<TextAnswer>> answer_question(TextModel& model,
                                                        absl::string_view question,
                                                        absl::string_view text,
                                                        const AnswerOptions& options) {
  const BertTokenizer& tokenizer = model.tokenizer();
  BertTokenizer::EncodeOptions bare;
  bare.add_special_tokens = false;
  const BertEncoding words = tokenizer.encode(text, bare);
  bare.max_length = kMaxQuestionTokens;
  const BertEncoding asked = tokenizer.encode(question, bare);
  if (asked.size() == 0) return absl::InvalidArgumentError("the question has no word");
  if (words.size() == 0) return absl::InvalidArgumentError("the text has no word");
  const std::size_t before = asked.size() + 2;
  const std::size_t most = std::min(model.max_tokens(), kMaxWindow);
  if (most <= before + 1) {
    return absl::InvalidArgumentError("the question leaves no room for the text");
  }
  const auto windows = windows_of(words.size(), most - before - 1, options.overlap);
  std::vector<BertEncoding> encodings;
  for (const Window& window : windows) {
    encodings.push_back(join(tokenizer, asked, words, window));
  }

  std::vector<Span> spans;
  const auto better = [](const Span& a, const Span& b) { return a.score > b.score; };
  for (const auto& together : batches_by_length(encodings, options.batch)) {
    const torch::Tensor logits =  // [batch, sequence, 2]
        model.logits(make_padded_input(encodings, together, tokenizer.pad_id(), model.device()))
            .to(torch::kCPU);
    for (std::size_t row = 0; row < together.size(); ++row) {
      const Window& window = windows[together[row]];
      const torch::Tensor both = logits[static_cast<std::int64_t>(row)];
      const std::size_t size = window.end - window.begin;
      add_spans(probabilities(both.select(1, 0), before, size),
                probabilities(both.select(1, 1), before, size), window, options, spans);
    }
    // Of a long text only the best are kept; spans of one word may be the same answer.
    const std::size_t kept = std::min(spans.size(), options.limit * 64);
    std::partial_sort(spans.begin(), spans.begin() + static_cast<std::ptrdiff_t>(kept), spans.end(),
                      better);
    spans.resize(kept);
  }

  std::vector<TextAnswer> answers;
  for (const Span& span : spans) {
    const TextRange range = words_of(words, span);
    const bool known = std::any_of(answers.begin(), answers.end(),
                                   [&](const TextAnswer& answer) { return answer.range == range; });
    if (known) continue;
    answers.push_back(
        {span.score, range, std::string(text.substr(range.begin, range.end - range.begin))});
    if (answers.size() == options.limit) break;
  }
  return answers;
}

}  // namespace bittensor
