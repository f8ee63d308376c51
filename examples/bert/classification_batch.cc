// SPDX-License-Identifier: MIT
#include "examples/bert/classification_batch.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_format.h"
#include "datasets/split_mix.h"
#include "synapses/class_losses.h"
#include "synapses/class_scores.h"
#include "torch/types.h"

namespace bittensor {
namespace {

class ClassificationBatch : public MiniBatch {
 public:
  ClassificationBatch(BertTextClassifier& synapse, LabelledTexts texts)
      : synapse_(synapse),
        inputs_(Inputs::of_text(std::move(texts.texts))),
        batch_(synapse.input_of(inputs_.text)),
        labels_(torch::tensor(texts.labels).to(batch_.ids.device())) {}

  std::int64_t size() const override { return labels_.size(0); }
  const Inputs& inputs() const override { return inputs_; }
  std::int64_t answer_length() const override { return 1; }  // of the text as a whole
  at::Tensor labels() const override { return labels_; }

  at::Tensor context() override {
    pooled_ = synapse_.encode(batch_);
    return synapse_.context(pooled_);
  }
  SynapseOutput forward_local() override {
    local_ = synapse_.forward_local(pooled_, labels_);
    return output_ = local_.output;
  }
  SynapseOutput forward_network(const NetworkView& network) override {
    return output_ = synapse_.forward_network(std::move(local_), labels_, network);
  }

  Lesson lesson(const at::Tensor& rows) const override {
    Lesson lesson;
    lesson.labels = labels_.cpu().index_select(0, rows);
    for (std::int64_t i = 0; i < rows.numel(); ++i) {
      lesson.texts.push_back(inputs_.text[static_cast<std::size_t>(rows[i].item<std::int64_t>())]);
    }
    return lesson;
  }

  at::Tensor lesson_loss(const std::vector<Lesson>& lessons) override {
    std::vector<std::string> texts;
    std::vector<at::Tensor> labels;
    for (const Lesson& lesson : lessons) {
      if (!lesson.labels.defined() || lesson.labels.dim() != 1) continue;
      if (static_cast<std::size_t>(lesson.labels.size(0)) != lesson.texts.size()) continue;
      texts.insert(texts.end(), lesson.texts.begin(), lesson.texts.end());
      labels.push_back(lesson.labels);
    }
    if (texts.empty()) return {};
    const at::Tensor said = at::cat(labels).to(labels_.device());
    const at::Tensor known = said.masked_fill(
        said.lt(0).logical_or(said.ge(output_.local_target.size(1))), kUnknownClass);
    return synapse_.forward_local(synapse_.encode(synapse_.input_of(texts)), known)
        .output.local_target_loss;
  }

  void score(bool network, TestSums& sums) const override {
    const bool answered = network && output_.network_target.defined();
    const at::Tensor& logits = !answered                              ? output_.local_target
                               : output_.network_prediction.defined() ? output_.network_prediction
                                                                      : output_.network_target;
    const at::Tensor loss = torch::cross_entropy_loss(logits, labels_);
    sums["loss"].add(loss.item<double>() * static_cast<double>(size()), size());
    sums["accuracy"].add((logits.argmax(1) == labels_).sum().item<double>(), size());
    count_classes(logits, labels_, sums);
  }

 private:
  BertTextClassifier& synapse_;
  const Inputs inputs_;
  const BertInput batch_;
  const at::Tensor labels_;
  at::Tensor pooled_;
  BertTextClassifier::LocalPass local_;
  SynapseOutput output_;
};

}  // namespace

TextBatches::TextBatches(LabelledTexts texts, std::int64_t batch_size, std::uint64_t seed,
                         bool shuffle)
    : texts_(std::move(texts)), batch_size_(batch_size), seed_(seed), shuffle_(shuffle) {}

std::int64_t TextBatches::per_epoch() const {
  return (texts() + batch_size_ - 1) / batch_size_;
}

LabelledTexts TextBatches::at(std::int64_t step) {
  const std::int64_t epoch = step / per_epoch();
  if (epoch != epoch_) {
    epoch_ = epoch;
    order_.resize(texts_.texts.size());
    std::iota(order_.begin(), order_.end(), 0);
    SplitMix random(seed_ + 0x9E3779B97F4A7C15u * static_cast<std::uint64_t>(epoch));
    for (std::size_t i = order_.size(); shuffle_ && i > 1; --i) {  // Fisher and Yates
      std::swap(order_[i - 1], order_[random.below(i)]);
    }
  }
  const std::int64_t begin = step % per_epoch() * batch_size_;
  const std::int64_t end = std::min(begin + batch_size_, texts());
  return texts_.rows({order_.begin() + begin, order_.begin() + end});
}

std::unique_ptr<MiniBatch> make_classification_batch(BertTextClassifier& synapse,
                                                     LabelledTexts texts) {
  return std::make_unique<ClassificationBatch>(synapse, std::move(texts));
}

std::string describe_classes(const TestResult& test, std::int64_t classes) {
  const ClassScores scores = scores_of(test.more, classes);
  return absl::StrFormat("F1 %.3f, Matthews %.3f", scores.f1, scores.matthews);
}

nlohmann::json report_classes(const TestResult& test, std::int64_t classes) {
  const ClassScores scores = scores_of(test.more, classes);
  return {{"f1", scores.f1}, {"matthews", scores.matthews}};
}

}  // namespace bittensor
