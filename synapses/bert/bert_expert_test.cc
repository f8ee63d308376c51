// SPDX-License-Identifier: MIT
#include "synapses/bert/bert_expert.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "synapses/bert/classify.h"
#include "synapses/bert/sentence_encoder.h"
#include "synapses/bert/text_classifier.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/synapse/served_synapse.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

const std::string kExpertFolder = "tests/golden/bert/texts/";

std::shared_ptr<BertExpert> expert_of(const std::string& name) {
  auto expert = BertExpert::open(kExpertFolder + name);
  EXPECT_TRUE(expert.ok()) << expert.status();
  return *expert;
}

const std::vector<std::string>& questions() {
  static const std::vector<std::string> all = {"The state of the union is strong.", "free",
                                               "We will not yield [SEP] and the [MASK] is strong",
                                               ""};
  return all;
}

TEST(BertExpert, PositionZeroIsTheTextAsEmbedGivesIt) {
  const auto expert = expert_of("sentences");
  const torch::Tensor answers = expert->forward_text({questions()[0], questions()[1]});
  auto encoder = SentenceEncoder::open(kExpertFolder + "sentences", {});
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  const torch::Tensor wanted = encoder->encode({questions()[0], questions()[1]});
  const torch::Tensor texts = answers.select(1, 0).narrow(1, 0, wanted.size(1));
  EXPECT_TRUE(torch::allclose(texts / texts.norm(2, 1, true), wanted, 1e-4, 1e-5));
  EXPECT_EQ(answers.select(1, 0).slice(1, wanted.size(1)).abs().max().item<double>(), 0);
}

TEST(BertExpert, EachTextIsAnsweredAsItWouldBeAlone) {
  for (const char* folder : {"sentences", "classifier", "masked"}) {
    const auto expert = expert_of(folder);
    const torch::Tensor together = expert->forward_text(questions());
    for (std::size_t i = 0; i < questions().size(); ++i) {
      const torch::Tensor alone = expert->forward_text({questions()[i]})[0];
      const torch::Tensor row = together[static_cast<std::int64_t>(i)];
      EXPECT_TRUE(torch::allclose(row.narrow(0, 0, alone.size(0)), alone, 1e-4, 1e-5)) << i;
      EXPECT_EQ(row.slice(0, alone.size(0)).abs().sum().item<double>(), 0) << i;
    }
  }
}

TEST(BertExpert, ANeuronMayAskItAndItsCopies) {
  const auto expert = expert_of("masked");
  ServedSynapse served(*expert);
  const auto answer = served.forward(Inputs::of_text(questions()));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->size(2), kDefaultNetworkDim);
  EXPECT_TRUE(torch::equal(*answer, expert->forward_text(questions())));
}

TEST(BertExpert, AClassifierPredicts) {
  const auto expert = expert_of("classifier");
  EXPECT_EQ(expert->schema().task, (Task{task_of_labels({"ham", "spam", "neither"}), 3}));
  auto model = TextModel::open(kExpertFolder + "classifier", BertTask::kClassification);
  ASSERT_TRUE(model.ok()) << model.status();
  const auto wanted = classify_texts(*model, {{questions()[0], ""}}, 1).front();
  const torch::Tensor logits = expert->predict(expert->forward_text({questions()[0]}));
  const torch::Tensor scores = logits.softmax(1)[0];
  const std::vector<std::string> names = {"ham", "spam", "neither"};
  for (const TextLabel& label : wanted) {
    const auto id = std::find(names.begin(), names.end(), label.label) - names.begin();
    EXPECT_NEAR(scores[id].item<double>(), label.score, 1e-5);
  }
  EXPECT_FALSE(expert_of("masked")->schema().task.defined());
}

TEST(BertExpert, WrongFoldersAreNamed) {
  EXPECT_THAT(std::string(BertExpert::open("/nowhere").status().message()), HasSubstr("/nowhere"));
}

}  // namespace
}  // namespace bittensor
