// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "torch/types.h"

namespace bittensor {

// One vector from the hidden states of a text's tokens.
enum class Pooling {
  kCls,           // that of the first token
  kMean,          // the mean
  kMax,           // the largest of each element
  kMeanSqrtLen,   // the sum over the square root of their number
  kWeightedMean,  // the mean, token i counting i times
  kLastToken,     // that of the last token
};

// "cls", "mean", "max"; kInvalidArgument for anything else.
absl::StatusOr<Pooling> parse_pooling(absl::string_view name);

// [batch, sequence, hidden] -> [batch, hidden]. `mask`, int64 [batch, sequence], is 0 where padding
// is, which is behind the tokens; undefined: there is none.
torch::Tensor pool(Pooling pooling, const torch::Tensor& hidden, const torch::Tensor& mask);

// A layer behind the pooling: activation(x W^T + b).
struct PoolingDense {
  torch::Tensor weight;  // [out, in]
  torch::Tensor bias;    // [out], or undefined
  bool tanh = false;     // otherwise none
};

// What sentence-transformers does to hidden states; by its own default the mean, as it is.
struct SentenceModules {
  std::string folder;                               // where the BERT itself lies
  std::vector<Pooling> pooling = {Pooling::kMean};  // more than one are put side by side
  std::vector<PoolingDense> dense;
  bool normalize = false;          // to length 1
  std::size_t max_seq_length = 0;  // in tokens; 0: as many as the model has positions
  std::string prompt;              // goes before each text

  // How many features a text has, if the model's hidden states have `hidden` numbers.
  // kInvalidArgument, with `path`, if the modules do not fit each other.
  absl::StatusOr<std::int64_t> width(const std::string& path, std::int64_t hidden) const;

  // [batch, sequence, hidden] -> [batch, features]
  torch::Tensor apply(const torch::Tensor& hidden, const torch::Tensor& mask) const;
};

// Reads modules.json of `folder` and the files that it names; without it, the default.
// kInvalidArgument, with the file, for modules that a text and a BERT have nothing to do with or
// that are not known here.
absl::StatusOr<SentenceModules> read_sentence_modules(const std::string& folder);

}  // namespace bittensor
