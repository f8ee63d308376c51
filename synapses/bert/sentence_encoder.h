// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "synapses/bert/pooling.h"
#include "synapses/bert/text_model.h"

namespace bittensor {

// Texts as vectors: a BERT and what modules.json of its folder says comes behind it, as
// sentence-transformers computes them.
//
// Not thread-safe.
class SentenceEncoder {
 public:
  struct Options {
    std::optional<Pooling> pooling;  // in place of the folder's
    std::size_t batch = 32;          // texts that are computed together
    torch::Device device = torch::kCPU;
  };

  // `path` as TextModel::open's; errors as its and read_sentence_modules()'s.
  static absl::StatusOr<SentenceEncoder> open(const std::string& path, const Options& options);

  // float32 [texts, features] on the CPU. How many of the texts were longer than the model is
  // added to cut().
  torch::Tensor encode(absl::Span<const std::string> texts);

  const TextModel& model() const { return model_; }
  std::size_t max_tokens() const;
  std::size_t cut() const { return cut_; }

 private:
  SentenceEncoder(TextModel model, SentenceModules modules, const Options& options)
      : model_(std::move(model)), modules_(std::move(modules)), options_(options) {}

  BertEncoding tokens_of(const std::string& text);

  TextModel model_;
  SentenceModules modules_;
  Options options_;
  std::size_t cut_ = 0;
};

}  // namespace bittensor
