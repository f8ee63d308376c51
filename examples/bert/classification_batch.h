// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/text/labelled_texts.h"
#include "nlohmann/json.hpp"
#include "synapses/bert/text_classifier.h"

#include "bittensor/neuron/mini_batch.h"
#include "bittensor/neuron/test_result.h"

namespace bittensor {

// The mini-batches of labelled texts: each epoch in another order, the same in every run with one
// seed, the last batch of an epoch with what is left.
class TextBatches {
 public:
  TextBatches(LabelledTexts texts, std::int64_t batch_size, std::uint64_t seed, bool shuffle);

  std::int64_t per_epoch() const;
  std::int64_t texts() const { return static_cast<std::int64_t>(texts_.texts.size()); }
  LabelledTexts at(std::int64_t step);

 private:
  const LabelledTexts texts_;
  const std::int64_t batch_size_;
  const std::uint64_t seed_;
  const bool shuffle_;
  std::int64_t epoch_ = -1;
  std::vector<std::int64_t> order_;  // of the epoch
};

// The synapse must outlive it. Scores: "loss", "accuracy", and what scores_of() needs.
std::unique_ptr<MiniBatch> make_classification_batch(BertTextClassifier& synapse,
                                                     LabelledTexts texts);

// "F1 0.913, Matthews 0.88"
std::string describe_classes(const TestResult& test, std::int64_t classes);

// f1, matthews
nlohmann::json report_classes(const TestResult& test, std::int64_t classes);

}  // namespace bittensor
