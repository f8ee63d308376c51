// SPDX-License-Identifier: MIT
//
// A neuron that learns language from presidents' speeches together with others.
//
//   bert --neuron_key a/neuron.key --axon_port 8091 --metagraph_port 8092 --share 1/2
//   bert --neuron_key b/neuron.key --axon_port 8093 --metagraph_port 8094 --share 2/2
//        --bootstrap localhost:8092
//
// This is the data and the model; the neuron itself is in bittensor/neuron/program.cc.
#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "datasets/share_options.h"
#include "datasets/text/corpus.h"
#include "datasets/text/fetch_vocabulary.h"
#include "datasets/text/speeches.h"
#include "examples/bert/pretraining_batch.h"
#include "synapses/bert/bert_synapse.h"
#include "synapses/bert/pretraining_batches.h"
#include "synapses/bert/shared_tokens.h"
#include "torch/torch.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/neuron/compute.h"
#include "bittensor/neuron/program.h"

namespace bittensor {
namespace {

constexpr std::int64_t kMaxLength = 128;  // tokens of a pair of passages

// What only this example can be told.
struct TextOptions {
  std::string vocab;
  std::string model = "small";
  ShareOptions share;
};

// What suits this model.
NeuronOptions defaults() {
  NeuronOptions options;
  options.epochs = 3;
  options.batch_size_train = 16;
  options.batch_size_test = 64;
  options.learning_rate = 1e-3;
  options.test_images = 1000;
  options.ask_interval = 4;     // answering costs half as much as training
  options.look_ahead = 4;       // an answer is some megabytes
  options.axon_max_rows = 256;  // of up to 128 tokens, with 1024 numbers each
  options.timeout = 10;
  options.serve_interval = 50;
  options.lessons = 8;
  return options;
}

// Of --model: small, or tiny, for experiments.
BertConfig config_of(const std::string& model) {
  const bool tiny = model == "tiny";
  BertConfig config;
  config.hidden_size = tiny ? 128 : 256;
  config.num_hidden_layers = tiny ? 2 : 4;
  config.num_attention_heads = tiny ? 2 : 4;
  config.intermediate_size = tiny ? 256 : 512;
  config.initializer_range = 0.04;  // for 256 hidden units about what 0.02 is for 768
  config.max_position_embeddings = kMaxLength;
  config.type_vocab_size = 4;  // marks_shared_tokens()
  // A text is seen a few times only: nothing is learnt by heart.
  config.hidden_dropout_prob = 0;
  config.attention_probs_dropout_prob = 0;
  return config;
}

absl::StatusOr<SpeechSplit> split(std::vector<Speech> speeches, const ShareOptions& share) {
  SpeechSplit split = split_speeches(std::move(speeches), share);
  if (split.train.empty() || split.test.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("too few speeches for ", share.of, " shares and a test"));
  }
  return split;
}

absl::Status run(const NeuronOptions& options, const TextOptions& text) {
  BITTENSOR_ASSIGN_OR_RETURN(const torch::Device device,
                             set_up_compute(options.device, options.threads, options.seed));
  std::string folder = options.data;
  if (folder.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(folder, fetch_speeches());
  }
  std::string vocab = text.vocab;
  if (vocab.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(vocab, fetch_bert_vocabulary());
  }
  BITTENSOR_ASSIGN_OR_RETURN(std::vector<Speech> speeches, load_speeches(folder));
  BITTENSOR_ASSIGN_OR_RETURN(const BertTokenizer whole, BertTokenizer::load(vocab));
  const Documents corpus = sentences_of(speeches);
  BITTENSOR_ASSIGN_OR_RETURN(BertTokenizer restricted,
                             restricted_to(count_tokens(corpus, whole), whole));
  const auto tokenizer = std::make_shared<const BertTokenizer>(std::move(restricted));
  BITTENSOR_ASSIGN_OR_RETURN(const SpeechSplit data, split(std::move(speeches), text.share));

  const BertConfig config = config_of(text.model);
  PretrainingBatches::Options batches;
  batches.batch_size = options.batch_size_train;
  batches.batching.max_length = kMaxLength;
  batches.batching.mark_shared = marks_shared_tokens(config);
  batches.seed = options.seed;
  batches.pairs = options.train_images;
  const auto passages = [&](const std::vector<Speech>& some) {
    return passages_of(sentences_of(some), *tokenizer, (kMaxLength - 3) / 2);  // [CLS], two [SEP]
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

  const auto synapse = std::make_shared<BertSynapse>(BertSynapse::Options{config}, tokenizer);
  synapse->prepare(own);
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
  return run_neuron(options, std::move(task));
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  bittensor::TextOptions text;
  return bittensor::example_main(
      argc, argv, "bert", "A neuron that learns BERT's pre-training together with others.",
      bittensor::defaults(),
      [&](const bittensor::NeuronOptions& options) { return run(options, text); },
      [&](CLI::App& app) {
        app.add_option("--vocab", text.vocab,
                       "vocab.txt of BERT; empty: the cache, fetched if missing")
            ->group("Data")
            ->envname("BITTENSOR_VOCAB")
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
        app.add_option("--model", text.model,
                       "small: four layers of 256 hidden units, or tiny: two of 128")
            ->check(CLI::IsMember({"small", "tiny"}))
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
            ->capture_default_str();
        add_share_options(app, text.share, /*labels=*/false);
      });
}
