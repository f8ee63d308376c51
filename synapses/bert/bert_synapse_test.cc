// SPDX-License-Identifier: MIT
#include "synapses/bert/bert_synapse.h"

#include <limits>

#include "gtest/gtest.h"
#include "synapses/bert/bert_testing.h"
#include "synapses/bert/pretraining_batches.h"
#include "synapses/bert/word_states.h"
#include "text/tokenizer_files.h"
#include "torch/nn/init.h"
#include "torch/nn/module.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/router/router.h"
#include "bittensor/synapse/served_synapse.h"

namespace bittensor {
namespace {

using torch::equal;

constexpr char kWords[] = "we the people un ##believ ##able of one . ,";

std::shared_ptr<const BertTokenizer> words() {
  static const auto tokenizer = tokenizer_of(kWords);
  return tokenizer;
}

BertBatch batch() {
  PretrainingBatches::Options options;
  options.batch_size = 3;
  options.batching.max_length = 16;
  return PretrainingBatches(
             {{"We, the people.", "One unbelievable people.", "We of the people.",
               "The one people of the unbelievable.", "One.", "We, of people.", "We."}},
             words(), options)
      .at(0);
}

at::Tensor answers(const BertBatch& asked) {
  return torch::rand({asked.next_labels.size(0), asked.answer_positions.max().item<int>() + 1, 24});
}

bool has_gradient(const torch::nn::Module& module, const std::string& prefix) {
  for (const auto& parameter : module.named_parameters()) {
    if (parameter.key().rfind(prefix, 0) != 0 || !parameter.value().grad().defined()) continue;
    if (parameter.value().grad().abs().sum().item<double>() > 0) return true;
  }
  return false;
}

TEST(BertSynapse, AnswersTextWithAPositionForEachWord) {
  BertSynapse synapse = small_bert(words());
  synapse.eval();
  ServedSynapse served(synapse);
  const auto answer = served.forward(Inputs::of_text({"We, the people", "", "unbelievable"}));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->sizes(), (std::vector<std::int64_t>{3, 5, 24}));  // [CLS] we , the people
  EXPECT_EQ((*answer)[1].slice(0, 1).abs().sum().item<double>(), 0);
  EXPECT_EQ((*answer)[2].slice(0, 2).abs().sum().item<double>(), 0);
  EXPECT_GT((*answer)[2][1].abs().sum().item<double>(), 0);
}

TEST(BertSynapse, ATextIsAnsweredAsIfItWereAlone) {
  BertSynapse synapse = small_bert(words());
  synapse.eval();
  const torch::NoGradGuard no_grad;
  const auto together = synapse.forward_text({"we of the people, we", "one", "the one."});
  const auto alone = synapse.forward_text({"one"});
  EXPECT_TRUE(torch::allclose(together[1].slice(0, 0, 2), alone[0], 1e-4, 1e-5));
}

TEST(BertSynapse, AnyBytesAreAnswered) {
  BertSynapse synapse = small_bert(words());
  synapse.eval();
  const torch::NoGradGuard no_grad;
  std::string endless;
  for (int i = 0; i < 10'000; ++i) endless += "people ";
  const auto output = synapse.forward_text(
      {endless, "\xff\xfe", "[SEP][SEP][SEP]", std::string("\0a", 2), "[CLS] [MASK]"});
  EXPECT_EQ(output.size(1), 15);  // 16 tokens, but for the last [SEP]
  EXPECT_TRUE(output.isfinite().all().item<bool>());
}

TEST(BertSynapse, NeuronsOfTwoVocabulariesMeanTheSamePosition) {
  const std::string text = "We, the unbelievable [MASK] of one";
  BertSynapse whole_words = small_bert(tokenizer_of("we the people unbelievable of one ,"));
  BertSynapse letters = small_bert(tokenizer_of(
      "w ##e t ##h u ##n ##b ##l ##i ##v ##a o ##f ##t p ##o ##p ##w ##u ##m , people one"));
  const auto position_of = [&](const BertSynapse& synapse, std::size_t byte) {
    const BertEncoding encoding = encode_text(synapse.tokenizer(), text, BertConfig());
    for (std::size_t t = 1; t + 1 < encoding.size(); ++t) {
      if (encoding.offsets[t].begin == byte) return encoding.word_ids[t] + 1;
    }
    return std::int64_t{-1};
  };
  for (const char* word : {"We", ",", "the", "unbelievable", "[MASK]", "of", "one"}) {
    EXPECT_EQ(position_of(whole_words, text.find(word)), position_of(letters, text.find(word)))
        << word;
  }
  EXPECT_EQ(position_of(letters, text.find("[MASK]")), 5);
}

// Two peers that cut words otherwise, joined by position of the caller's own tokens.
TEST(BertSynapse, AnswersOfTwoVocabulariesAreJoinedWordByWord) {
  const std::string text = "the unbelievable people";
  BertSynapse whole_words = small_bert(tokenizer_of("the people unbelievable"));
  BertSynapse pieces = small_bert(words());
  const torch::NoGradGuard no_grad;
  Router::Options options;
  options.x_dim = 24;
  options.network_dim = 24;
  const Router router(options);
  const auto rows = torch::zeros({1}, torch::kLong);
  const Route route{{}, torch::full({1, 2}, 0.5), {rows, rows}, {}, {}, {}, Modality::kText};
  const auto a = whole_words.forward_text({text});
  const auto b = pieces.forward_text({text});
  const auto joined =
      router.join(route, {{absl::OkStatus(), a, {}}, {absl::OkStatus(), b, {}}}, /*sequence=*/4);
  EXPECT_TRUE(torch::allclose(joined, (a + b) / 2));
}

TEST(BertSynapse, TestStepLeavesTheNetworkOut) {
  BertSynapse synapse = small_bert(words());
  const BertBatch asked = batch();
  const auto local = synapse.forward_local(synapse.encode(asked.input, asked.asked), asked);
  EXPECT_FALSE(local.output.network_target_loss.defined());
  EXPECT_FALSE(local.output.distillation_loss.defined());
  EXPECT_TRUE(equal(local.output.loss, local.output.local_target_loss));
  const auto hidden = asked.word_labels.ne(kBertIgnored).sum().item<std::int64_t>();
  EXPECT_EQ(local.output.local_target.sizes(), (std::vector<std::int64_t>{hidden, 15}));
  EXPECT_EQ(local.output.local_output.sizes(), (std::vector<std::int64_t>{hidden + 3, 24}));
}

TEST(BertSynapse, LossIsTheSumOfItsThreeParts) {
  BertSynapse synapse = small_bert(words());
  const BertBatch asked = batch();
  auto local = synapse.forward_local(synapse.encode(asked.input, asked.asked), asked);
  const auto output = synapse.forward_network(local, asked, answers(asked)).output;
  EXPECT_TRUE(equal(output.loss, output.local_target_loss + output.network_target_loss +
                                     output.distillation_loss));
}

TEST(BertSynapse, FirstAnswersAreThoseOfTheModelThatItIsMadeFrom) {
  BertSynapse synapse = small_bert(words());
  const torch::NoGradGuard no_grad;
  const BertBatch asked = batch();
  const auto hidden = synapse.encode(asked.input, asked.asked);
  const auto logits = synapse.word_logits(hidden);
  const auto own = logits.flatten(0, 1).index_select(
      0, asked.word_labels.flatten().ne(kBertIgnored).nonzero().squeeze(1));
  EXPECT_TRUE(
      torch::allclose(own, synapse.forward_local(hidden, asked).output.local_target, 1e-4, 1e-5));
}

TEST(BertSynapse, EncodesTheAskedPositionsAsAllOthers) {
  BertSynapse synapse = small_bert(words());
  const torch::NoGradGuard no_grad;
  const BertBatch asked = batch();
  const auto all = synapse.encode(asked.input);
  const auto some = synapse.encode(asked.input, asked.asked);
  EXPECT_TRUE(torch::allclose(
      some, all.gather(1, asked.asked.unsqueeze(2).expand({-1, -1, all.size(2)})), 1e-4, 1e-5));
}

TEST(BertSynapse, NetworkPathReadsTheAnswerToEachHiddenToken) {
  BertSynapse synapse = small_bert(words());
  for (auto& parameter : synapse.named_parameters()) {
    if (parameter.key() == "network_back.weight") torch::nn::init::normal_(parameter.value());
  }
  const BertBatch asked = batch();
  const auto context = answers(asked).requires_grad_();
  auto local = synapse.forward_local(synapse.encode(asked.input, asked.asked), asked);
  synapse.forward_network(local, asked, context).output.loss.backward();
  const auto heard = context.grad().abs().sum(2).gt(0);  // [batch, positions]
  const auto labelled = asked.word_labels.ne(kBertIgnored);
  auto expected = torch::zeros_like(heard);
  expected.select(1, 0).fill_(true);  // the next sentence is told by [CLS]
  for (std::int64_t i = 0; i < labelled.size(0); ++i) {
    for (std::int64_t t = 0; t < labelled.size(1); ++t) {
      if (labelled[i][t].item<bool>()) expected[i][asked.answer_positions[i][t]] = true;
    }
  }
  EXPECT_TRUE(equal(heard, expected));
}

TEST(BertSynapse, NetworkContextThatIsTooShortIsRefused) {
  BertSynapse synapse = small_bert(words());
  const BertBatch asked = batch();
  auto local = synapse.forward_local(synapse.encode(asked.input, asked.asked), asked);
  const auto last = asked.answer_positions.max().item<std::int64_t>();
  const torch::Tensor context = answers(asked);
  EXPECT_NO_THROW(synapse.forward_network(local, asked, context.narrow(1, 0, last + 1)));
  EXPECT_THROW(synapse.forward_network(local, asked, context.narrow(1, 0, last)), c10::Error);
  EXPECT_THROW(synapse.forward_network(local, asked, context.slice(0, 1)), c10::Error);
}

TEST(BertSynapse, DistillationTeachesTheStudentAndNothingElse) {
  BertSynapse synapse = small_bert(words());
  const BertBatch asked = batch();
  auto local = synapse.forward_local(synapse.encode(asked.input, asked.asked), asked);
  synapse.forward_network(local, asked, answers(asked)).output.distillation_loss.backward();
  EXPECT_TRUE(has_gradient(synapse, "student"));
  for (const char* other : {"pretraining", "features", "joint", "back", "network_back"}) {
    EXPECT_FALSE(has_gradient(synapse, other)) << other;
  }
}

TEST(BertSynapse, NetworkPathDoesNotBendWhatTheLocalPathAddsToTheEncoder) {
  BertSynapse synapse = small_bert(words());
  const BertBatch asked = batch();
  auto local = synapse.forward_local(synapse.encode(asked.input, asked.asked), asked);
  synapse.forward_network(local, asked, answers(asked)).output.network_target_loss.backward();
  EXPECT_TRUE(has_gradient(synapse, "network_back."));
  for (const char* other : {"pretraining.bert.encoder", "features", "back."}) {
    EXPECT_FALSE(has_gradient(synapse, other)) << other;
  }
}

TEST(BertSynapse, HugeAnswersLeaveTheLossSmall) {
  BertSynapse synapse = small_bert(words());
  const BertBatch asked = batch();
  const auto huge = torch::full_like(answers(asked), std::numeric_limits<float>::max());
  auto local = synapse.forward_local(synapse.encode(asked.input, asked.asked), asked);
  const auto output = synapse.forward_network(local, asked, huge).output;
  EXPECT_LT(output.loss.item<double>(), 100);
  output.loss.backward();
  for (const auto& parameter : synapse.parameters()) {
    if (!parameter.grad().defined()) continue;
    EXPECT_TRUE(parameter.grad().isfinite().all().item<bool>());
  }
}

TEST(BertSynapse, CopyAnswersTheSame) {
  BertSynapse synapse = small_bert(words());
  synapse.eval();
  const torch::NoGradGuard no_grad;
  const auto copy = synapse.copy();
  EXPECT_TRUE(
      equal(copy->forward_text({"we the people"}), synapse.forward_text({"we the people"})));
}

TEST(EncodeText, BehindASeparatorBeginsTheSecondText) {
  const BertEncoding pair = encode_text(*words(), "we [SEP] the people", BertConfig());
  EXPECT_EQ(pair.ids, words()->encode_pair("we", "the people", {}).ids);
  EXPECT_EQ(pair.type_ids, words()->encode_pair("we", "the people", {}).type_ids);
  EXPECT_EQ(answer_length(pair), 5);
  EXPECT_EQ(answer_length(encode_text(*words(), "", BertConfig())), 1);
}

TEST(ModelDescription, MakesTheTokenizerAgain) {
  const BertSynapse synapse = small_bert(words());
  const auto description = model_description(synapse);
  const auto tokenizer =
      parse_tokenizer(description.at("tokenizer"), description.at("tokenizer_config"));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ(tokenizer->vocabulary().size(), 15);
  EXPECT_EQ(tokenizer->vocabulary().token(14), ",");
  const auto config = BertConfig::parse(description.at("bert_config"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->vocab_size, 15);
  EXPECT_EQ(config->hidden_size, 16);
}

}  // namespace
}  // namespace bittensor
