// SPDX-License-Identifier: MIT
#include "datasets/text/corpus.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "text/encoding.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

bool is_one_character(absl::string_view token) {
  token = absl::StripPrefix(token, "##");
  const auto starts = std::count_if(token.begin(), token.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;  // no continuation of UTF-8
  });
  return starts == 1;
}

BertTokenizer::EncodeOptions bare() {
  BertTokenizer::EncodeOptions options;
  options.add_special_tokens = false;
  return options;
}

}  // namespace

std::vector<std::vector<std::string>> passages_of(
    const std::vector<std::vector<std::string>>& documents, const BertTokenizer& tokenizer,
    std::size_t most_tokens) {
  std::vector<std::vector<std::string>> result;
  for (const auto& document : documents) {
    std::vector<std::string> passages;
    std::size_t tokens = 0;  // of the last passage
    for (const std::string& sentence : document) {
      const std::size_t more = tokenizer.encode(sentence, bare()).size();
      if (passages.empty() || tokens + more > most_tokens) {
        passages.push_back(sentence);
        tokens = more;
      } else {
        absl::StrAppend(&passages.back(), " ", sentence);
        tokens += more;
      }
    }
    result.push_back(std::move(passages));
  }
  return result;
}

at::Tensor count_tokens(const std::vector<std::vector<std::string>>& documents,
                        const BertTokenizer& tokenizer) {
  at::Tensor counts =
      torch::zeros({static_cast<std::int64_t>(tokenizer.vocabulary().size())}, torch::kLong);
  auto* count = counts.data_ptr<std::int64_t>();
  for (const auto& document : documents) {
    for (const std::string& sentence : document) {
      for (const std::int64_t id : tokenizer.encode(sentence, bare()).ids) ++count[id];
    }
  }
  return counts;
}

absl::StatusOr<BertTokenizer> restricted_to(const at::Tensor& counts,
                                            const BertTokenizer& tokenizer) {
  const at::Tensor on_cpu = counts.cpu().contiguous();
  const auto* count = on_cpu.data_ptr<std::int64_t>();
  std::string kept;
  for (std::int64_t id = 0; id < on_cpu.numel(); ++id) {
    const absl::string_view token = tokenizer.vocabulary().token(id);
    if (count[id] > 0 || tokenizer.is_special(id) || is_one_character(token)) {
      absl::StrAppend(&kept, token, "\n");
    }
  }
  BITTENSOR_ASSIGN_OR_RETURN(BertVocabulary vocabulary, BertVocabulary::parse(kept));
  BertTokenizer::Options options = tokenizer.options();
  auto& added = options.added_tokens;
  added.erase(
      std::remove_if(added.begin(), added.end(),
                     [&](const AddedToken& token) { return !vocabulary.id(token.content); }),
      added.end());
  return BertTokenizer::create(std::move(vocabulary), std::move(options));
}

double unigram_entropy(const at::Tensor& counts, const std::vector<at::Tensor>& labels) {
  const at::Tensor smoothed = counts.to(torch::kDouble) + 1;
  const at::Tensor cost = -(smoothed / smoothed.sum()).log();
  double sum = 0;
  std::int64_t tokens = 0;
  for (const at::Tensor& some : labels) {
    const at::Tensor known = some.masked_select(some.ne(kBertIgnored)).to(counts.device());
    sum += cost.index_select(0, known).sum().item<double>();
    tokens += known.numel();
  }
  return sum / static_cast<double>(std::max<std::int64_t>(tokens, 1));
}

}  // namespace bittensor
