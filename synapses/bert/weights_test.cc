// SPDX-License-Identifier: MIT
#include "synapses/bert/weights.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/nn/init.h"
#include "torch/nn/module.h"
#include "torch/nn/modules/normalization.h"
#include "torch/types.h"

#include "bittensor/toolbox/safetensors.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// bert.norm.LayerNorm.{weight,bias} of size 2, other.weight of size 3.
struct Model : torch::nn::Module {
  struct Part : torch::nn::Module {
    explicit Part(std::int64_t size, const char* name) {
      register_parameter(std::string(name) + "_unused", torch::zeros({0}));
      at = register_module(name, torch::nn::LayerNorm(torch::nn::LayerNormOptions({size})));
    }
    torch::nn::LayerNorm at{nullptr};
  };
  Model() { bert = register_module("bert", std::make_shared<Part>(2, "LayerNorm")); }
  std::shared_ptr<Part> bert;
};

TEST(LoadWeights, CopiesByNameAndConverts) {
  Model model;
  const auto report =
      load_weights({{"bert.LayerNorm.weight", torch::tensor({3.0, 4.0}, torch::kHalf)},
                    {"bert.LayerNorm.bias", torch::tensor({5.0, 6.0})},
                    {"bert.LayerNorm_unused", torch::zeros({0})}},
                   model);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->to_string(), "");
  EXPECT_TRUE(model.bert->at->weight.equal(torch::tensor({3.0F, 4.0F})));
  EXPECT_TRUE(model.bert->at->bias.equal(torch::tensor({5.0F, 6.0F})));
}

TEST(LoadWeights, SharesWhatNeedsNoConversion) {
  const torch::Tensor weight = torch::tensor({3.0F, 4.0F});
  const torch::Tensor bias = torch::tensor({5.0F, 6.0F}, torch::kHalf);
  Model model;
  ASSERT_TRUE(load_weights({{"bert.LayerNorm.weight", weight}, {"bert.LayerNorm.bias", bias}},
                           model, WeightsMemory::kShared)
                  .ok());
  EXPECT_EQ(model.bert->at->weight.data_ptr(), weight.data_ptr());
  EXPECT_TRUE(model.bert->at->weight.requires_grad());
  EXPECT_TRUE(model.bert->at->bias.equal(torch::tensor({5.0F, 6.0F})));
}

TEST(LoadWeights, OneTensorUnderTwoNamesGivesTwoParameters) {
  const torch::Tensor both = torch::tensor({3.0F, 4.0F});
  Model model;
  ASSERT_TRUE(load_weights({{"bert.LayerNorm.weight", both}, {"bert.LayerNorm.bias", both}}, model,
                           WeightsMemory::kShared)
                  .ok());
  EXPECT_NE(model.bert->at->weight.data_ptr(), model.bert->at->bias.data_ptr());
  EXPECT_TRUE(model.bert->at->weight.equal(model.bert->at->bias));
}

TEST(LoadWeights, TakesTensorFlowsNamesAndOtherPrefixes) {
  Model model;
  const auto report = load_weights(
      {{"LayerNorm.gamma", torch::full({2}, 7.0)}, {"bert.LayerNorm.beta", torch::full({2}, 8.0)}},
      model);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->missing, ElementsAre("bert.LayerNorm_unused"));
  EXPECT_THAT(report->unexpected, IsEmpty());
  EXPECT_TRUE(model.bert->at->weight.equal(torch::full({2}, 7.0)));
  EXPECT_TRUE(model.bert->at->bias.equal(torch::full({2}, 8.0)));

  Model::Part part(2, "LayerNorm");  // the names without "bert."
  EXPECT_THAT(load_weights({{"bert.LayerNorm.weight", torch::full({2}, 9.0)}}, part)->missing,
              ElementsAre("LayerNorm.bias", "LayerNorm_unused"));
  EXPECT_TRUE(part.at->weight.equal(torch::full({2}, 9.0)));
}

TEST(LoadWeights, ListsWhatIsMissingAndWhatIsUnexpected) {
  Model model;
  const auto report = load_weights({{"a", torch::zeros({1})},
                                    {"bert.embeddings.position_ids", torch::zeros({1, 5})},
                                    {"cls.predictions.decoder.weight", torch::zeros({1, 5})}},
                                   model);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->to_string(),
            "missing: bert.LayerNorm.bias, bert.LayerNorm.weight, bert.LayerNorm_unused; "
            "unexpected: \"a\"");
}

TEST(LoadWeights, ListsOtherShapesAndChangesNothing) {
  Model model;
  const auto report = load_weights({{"bert.LayerNorm.weight", torch::full({2}, 7.0)},
                                    {"bert.LayerNorm.bias", torch::zeros({3, 1})}},
                                   model);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(report.status().message()),
              HasSubstr("\"bert.LayerNorm.bias\" [3, 1] for [2]"));
  EXPECT_TRUE(model.bert->at->weight.equal(torch::ones({2})));
}

TEST(LoadWeights, FindsTheFileInAFolder) {
  const std::string folder = ::testing::TempDir() + "load_weights";
  std::filesystem::create_directories(folder);
  Model model;
  EXPECT_EQ(load_weights(folder, model).status().code(), absl::StatusCode::kNotFound);
  std::filesystem::copy("tests/golden/bert/tensors.bin", folder + "/pytorch_model.bin");
  EXPECT_THAT(load_weights(folder, model)->unexpected, ::testing::SizeIs(15));

  Model saved;
  torch::nn::init::constant_(saved.bert->at->bias, 4.0);
  ASSERT_TRUE(write_safetensors(folder + "/model.safetensors", weights_of(saved)).ok());
  EXPECT_EQ(load_weights(folder, model)->to_string(), "");
  EXPECT_TRUE(model.bert->at->bias.equal(saved.bert->at->bias));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace bittensor
