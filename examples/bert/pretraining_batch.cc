// SPDX-License-Identifier: MIT
#include "examples/bert/pretraining_batch.h"

#include <cmath>
#include <limits>
#include <random>
#include <utility>

#include "absl/strings/str_format.h"
#include "torch/optim/adamw.h"
#include "torch/optim/optimizer.h"
#include "torch/types.h"

#include "bittensor/neuron/adamw.h"

namespace bittensor {
namespace {

// Of a lesson's text: a longer one, most of which would be cut, is left out. To cut it it must be
// read, and strangers may send megabytes.
constexpr std::int64_t kMostBytesPerToken = 64;

// The log-probabilities of what two paths say together, `say` in [0, 1] of it the network's.
at::Tensor joined(const at::Tensor& local, const at::Tensor& network, double say) {
  if (say == 0) return local.log_softmax(1);
  return torch::logaddexp(local.log_softmax(1) + std::log1p(-say),
                          network.log_softmax(1) + std::log(say));
}

class BertMiniBatch : public MiniBatch {
 public:
  BertMiniBatch(BertSynapse& synapse, const BertBatch& batch, const c10::Device& device,
                const PairBatching& batching)
      : synapse_(synapse),
        device_(device),
        batching_(batching),
        batch_(batch.to(device)),
        inputs_(Inputs::of_text(batch.texts)),
        answer_length_(batch.answer_positions.max().item<std::int64_t>() + 1) {}

  std::int64_t size() const override { return batch_.next_labels.size(0); }
  const Inputs& inputs() const override { return inputs_; }
  std::int64_t answer_length() const override { return answer_length_; }

  at::Tensor context() override {
    hidden_ = synapse_.encode(batch_.input, batch_.asked);
    return synapse_.context(hidden_);
  }
  SynapseOutput forward_local() override {
    local_ = synapse_.forward_local(hidden_, batch_);
    return local_.output;
  }
  SynapseOutput forward_network(const NetworkView& network) override {
    step_ = synapse_.forward_network(local_, batch_, network.context);
    say_ = network.say;
    return step_.output;
  }

  // A lesson tells the texts with nothing hidden: who learns from them hides words of its own.
  Lesson lesson(const at::Tensor& rows) const override {
    Lesson lesson;
    lesson.labels = batch_.next_labels.cpu().index_select(0, rows);
    for (std::int64_t i = 0; i < rows.numel(); ++i) {
      lesson.texts.push_back(batch_.plain[rows[i].item<std::int64_t>()]);
    }
    return lesson;
  }

  at::Tensor lesson_loss(const std::vector<Lesson>& lessons) override {
    const auto most_bytes = static_cast<std::size_t>(kMostBytesPerToken * batching_.max_length);
    std::vector<TextPair> pairs;
    for (const Lesson& lesson : lessons) {
      for (std::size_t i = 0; i < lesson.texts.size(); ++i) {
        if (lesson.texts[i].size() > most_bytes) continue;
        const bool told = lesson.labels.defined();
        pairs.push_back(split_pair(
            lesson.texts[i],
            told && lesson.labels[static_cast<std::int64_t>(i)].item<std::int64_t>() == 0));
      }
    }
    if (pairs.empty()) return {};
    std::mt19937_64 random(
        torch::randint(std::numeric_limits<int>::max(), {}).item<std::int64_t>());
    const BertBatch batch =
        make_pretraining_batch(pairs, synapse_.tokenizer(), batching_, random).to(device_);
    if (!batch.word_labels.ne(kBertIgnored).any().item<bool>()) return {};  // nothing to hide
    return synapse_.forward_local(synapse_.encode(batch.input, batch.asked), batch)
        .output.local_target_loss;
  }

  void score(bool network, TestSums& sums) const override {
    const double say = network ? say_ : 0;
    const at::Tensor words =
        joined(local_.output.local_target, step_.output.network_target, say);  // [hidden, words]
    const at::Tensor next = joined(local_.next, step_.next, say);
    const at::Tensor labels = batch_.word_labels.masked_select(batch_.word_labels.ne(kBertIgnored));
    const std::int64_t hidden = labels.size(0);
    sums["loss"].add(
        torch::nll_loss(words, labels, /*weight=*/{}, at::Reduction::Sum).item<double>(), hidden);
    sums["accuracy"].add((words.argmax(1) == labels).sum().item<double>(), hidden);
    sums["nsp_accuracy"].add((next.argmax(1) == batch_.next_labels).sum().item<double>(), size());
  }

 private:
  BertSynapse& synapse_;
  const c10::Device device_;
  const PairBatching batching_;
  const BertBatch batch_;
  const Inputs inputs_;
  const std::int64_t answer_length_;
  at::Tensor hidden_;  // [batch, asked, hidden]
  BertSynapse::LocalPass local_;
  BertSynapse::Step step_;
  double say_ = 0;  // of the network's path beside the local one
};

double nsp_accuracy(const TestResult& test) {
  const auto found = test.more.find("nsp_accuracy");
  return found == test.more.end() ? NAN : found->second;
}

}  // namespace

std::unique_ptr<MiniBatch> make_bert_mini_batch(BertSynapse& synapse, const BertBatch& batch,
                                                const c10::Device& device,
                                                const PairBatching& batching) {
  return std::make_unique<BertMiniBatch>(synapse, batch, device, batching);
}

std::unique_ptr<torch::optim::Optimizer> make_bert_optimizer(std::vector<at::Tensor> parameters,
                                                             double learning_rate) {
  constexpr double kWeightDecay = 0.01;
  std::vector<at::Tensor> matrices;
  std::vector<at::Tensor> others;
  for (at::Tensor& parameter : parameters) {
    (parameter.dim() > 1 ? matrices : others).push_back(std::move(parameter));
  }
  const auto options = [&](double decay) {
    return std::make_unique<torch::optim::AdamWOptions>(
        torch::optim::AdamWOptions(learning_rate).weight_decay(decay));
  };
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::move(matrices), options(kWeightDecay));
  groups.emplace_back(std::move(others), options(0));
  return std::make_unique<AdamW>(std::move(groups));
}

std::string describe_bert(const TestResult& test, double unigram_entropy) {
  const double gain = unigram_entropy - test.loss;
  return absl::StrFormat(
      "perplexity %.0f, %.3f nats %s unigram entropy %.3f, next sentence %.2f %%",
      std::exp(test.loss), std::abs(gain), gain >= 0 ? "below" : "above", unigram_entropy,
      100 * nsp_accuracy(test));
}

nlohmann::json bert_report(const TestResult& test, double unigram_entropy) {
  return {{"unigram_entropy", unigram_entropy},
          {"mlm_loss", test.loss},
          {"perplexity", std::exp(test.loss)},
          {"mlm_accuracy", test.accuracy},
          {"nsp_accuracy", nsp_accuracy(test)}};
}

}  // namespace bittensor
