// SPDX-License-Identifier: MIT
//
// All classes, activations and kinds of positions against what transformers computes. Without
// more, of the committed tests/golden/bert/transformers.safetensors; with
//
//   BITTENSOR_BERT_FOLDERS=OUT bert_test --gtest_filter='Transformers.*'
//
// also of the folders that tests/golden/bert/make_transformers.py wrote into OUT.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "synapses/bert/folder.h"
#include "synapses/bert/weights.h"
#include "torch/nn/module.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/toolbox/safetensors.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

constexpr double kOutputTolerance = 1e-5;
constexpr double kGradientTolerance = 1e-4;

class Beside {
 public:
  Beside(std::string folder, TensorMap io) : folder_(std::move(folder)), io_(std::move(io)) {}

  void check() {
    const auto config = BertConfig::load(folder_ + "/config.json");
    ASSERT_TRUE(config.ok()) << config.status();
    ASSERT_THAT(config->architectures, ::testing::SizeIs(1));
    const std::string& name = config->architectures.front();
    SCOPED_TRACE(absl::StrCat(folder_, " ", name, " ", config->hidden_act, " ",
                              config->position_embedding_type));
    check_body();
    if (name == "BertForPreTraining") return check_pretraining(*config);
    for (const BertTask task :
         {BertTask::kEmbedding, BertTask::kMaskedWords, BertTask::kNextWord,
          BertTask::kNextSentence, BertTask::kClassification, BertTask::kMultipleChoice,
          BertTask::kTokenClassification, BertTask::kQuestionAnswering}) {
      if (bert_architecture(task) == name) return check_task(task);
    }
    FAIL() << "no such class";
  }

 private:
  torch::Tensor value(const std::string& name) const {
    const auto found = io_.find(name);
    return found == io_.end() ? torch::Tensor() : found->second;
  }
  BertInput input(bool flat = false) const {
    BertInput input{value("ids"), value("types"), value("mask")};
    if (flat && input.ids.dim() == 3) {
      input = {input.ids.flatten(0, 1), input.type_ids.flatten(0, 1),
               input.attention_mask.flatten(0, 1)};
    }
    return input;
  }
  BertExtras extras() const {
    BertExtras extras;
    extras.head_mask = value("head_mask");
    extras.encoder_hidden = value("encoder_hidden");
    extras.encoder_mask = value("encoder_mask");
    extras.keep_hidden_states = extras.keep_attentions = true;
    return extras;
  }
  torch::Tensor labels() const {
    if (!value("start_positions").defined()) return value("labels");
    return torch::stack({value("start_positions"), value("end_positions")}, 1);
  }

  void expect_near(const torch::Tensor& computed, const std::string& name,
                   double tolerance = kOutputTolerance) const {
    const torch::Tensor wanted = value(name);
    ASSERT_TRUE(wanted.defined()) << name;
    ASSERT_EQ(computed.sizes(), wanted.sizes()) << name;
    if (wanted.numel() == 0) return;
    const double size = std::max(1.0, wanted.abs().max().item<double>());
    EXPECT_LT((computed - wanted).abs().max().item<double>(), tolerance * size) << name;
  }

  void check_body() const {
    const torch::NoGradGuard no_grad;
    const auto opened = open_bert(folder_, BertTask::kEmbedding);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_THAT(opened->unknown, IsEmpty());
    const BertOutput output = opened->model->forward(input(true), {}, extras()).encoded;
    const auto layers = static_cast<std::size_t>(opened->config.num_hidden_layers);
    ASSERT_EQ(output.hidden_states.size(), layers + 1);
    for (std::size_t i = 0; i <= layers; ++i) {
      expect_near(output.hidden_states[i], absl::StrCat("hidden.", i));
    }
    for (std::size_t i = 0; i < layers; ++i) {
      expect_near(output.attentions[i], absl::StrCat("attention.", i));
    }
    if (output.pooled.defined() && value("pooled").defined()) expect_near(output.pooled, "pooled");
    // By the kernel that gives no attentions, and position by position from a cache.
    BertExtras plain = extras();
    plain.keep_hidden_states = plain.keep_attentions = false;
    const std::string last = absl::StrCat("hidden.", layers);
    expect_near(opened->model->forward(input(true), {}, plain).encoded.hidden, last);
    if (opened->config.is_decoder) expect_near(one_by_one(*opened->model, plain), last);
  }

  torch::Tensor one_by_one(BertForTask& model, BertExtras extras) const {
    const BertInput whole = input();
    BertCache cache;
    std::vector<torch::Tensor> hidden;
    extras.keep_cache = true;
    for (std::int64_t i = 0; i < whole.ids.size(1); ++i) {
      extras.past = i == 0 ? nullptr : &cache;
      BertOutput output =
          model.bert().forward({whole.ids.narrow(1, i, 1), whole.type_ids.narrow(1, i, 1),
                                whole.attention_mask.narrow(1, 0, i + 1)},
                               extras);
      hidden.push_back(output.hidden);
      cache = std::move(output.cache);
    }
    return torch::cat(hidden, 1);
  }

  void check_task(BertTask task) const {
    const auto opened = open_bert(folder_, task);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_THAT(opened->fresh, IsEmpty());
    BertForTask& model = *opened->model;
    if (task == BertTask::kEmbedding) {
      const BertOutput output = model.forward(input(), {}, extras()).encoded;
      check_gradients(model, output.hidden.square().sum() + output.pooled.sum());
      return;
    }
    BertExtras plain = extras();
    plain.keep_hidden_states = plain.keep_attentions = false;
    {
      const torch::NoGradGuard no_grad;
      expect_near(model.forward(input(), {}, plain).logits, "logits");
    }
    check_gradients(model, model.forward(input(), labels(), plain).loss);
  }

  void check_pretraining(BertConfig config) const {
    const auto words = open_bert(folder_, BertTask::kMaskedWords);
    const auto next = open_bert(folder_, BertTask::kNextSentence);
    ASSERT_TRUE(words.ok()) << words.status();
    ASSERT_TRUE(next.ok()) << next.status();
    {
      const torch::NoGradGuard no_grad;
      expect_near(words->model->forward(input(), {}, extras()).logits, "logits");
      expect_near(next->model->forward(input(), {}, extras()).logits, "next_logits");
    }
    if (value("head_mask").defined()) return;  // BertForPreTraining takes none
    BertForPreTraining model(config);
    ASSERT_THAT(load_weights(folder_, model)->missing, IsEmpty());
    model.eval();
    check_gradients(model,
                    model.forward(input(), value("labels"), value("next_sentence_label")).loss);
  }

  void check_gradients(const torch::nn::Module& model, const torch::Tensor& loss) const {
    expect_near(loss.detach(), "loss");
    loss.backward();
    for (const auto& [name, wanted] : io_) {
      absl::string_view key = name;
      if (!absl::ConsumePrefix(&key, "gradient.")) continue;
      // transformers has two names for one bias, BertModel none for "bert.".
      std::string ours(key == "cls.predictions.decoder.bias" ? "cls.predictions.bias" : key);
      const auto parameters = model.named_parameters();
      if (!parameters.contains(ours)) ours = "bert." + ours;
      ASSERT_TRUE(parameters.contains(ours)) << ours;
      const torch::Tensor gradient = parameters[ours].grad();
      expect_near(gradient.defined() ? gradient : torch::zeros_like(wanted), name,
                  kGradientTolerance);
    }
  }

  const std::string folder_;
  const TensorMap io_;
};

TEST(Transformers, GoldenValuesOfAllClasses) {
  const auto tensors = read_safetensors("tests/golden/bert/transformers.safetensors");
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  std::ifstream file("tests/golden/bert/transformers.json");
  const auto cases = nlohmann::json::parse(file);
  ASSERT_EQ(cases.size(), 27u);  // nine classes, three kinds of positions
  for (const auto& entry : cases) {
    const std::string name = entry.at("case");
    const fs::path folder = fs::path(::testing::TempDir()) / ("transformers_" + name);
    fs::create_directories(folder);
    TensorMap weights;
    TensorMap io;
    for (const auto& [key, tensor] : *tensors) {
      absl::string_view rest = key;
      if (!absl::ConsumePrefix(&rest, name + ".")) continue;
      if (absl::ConsumePrefix(&rest, "weights.")) {
        weights.emplace(rest, tensor);
      } else {
        io.emplace(rest, tensor);
      }
    }
    std::ofstream(folder / "config.json") << entry.at("config").dump();
    ASSERT_TRUE(write_safetensors(folder / "model.safetensors", weights).ok());
    Beside(folder, io).check();
    fs::remove_all(folder);
  }
}

TEST(Transformers, FoldersOfRandomConfigurations) {
  const char* all = std::getenv("BITTENSOR_BERT_FOLDERS");
  if (all == nullptr) GTEST_SKIP() << "BITTENSOR_BERT_FOLDERS names none";
  int checked = 0;
  for (const auto& folder : fs::directory_iterator(all)) {
    const auto io = read_safetensors(folder.path() / "io.safetensors");
    ASSERT_TRUE(io.ok()) << io.status();
    Beside(folder.path(), *io).check();
    ++checked;
  }
  EXPECT_GT(checked, 0);
  std::printf("%d folders\n", checked);
}

}  // namespace
}  // namespace bittensor
