// SPDX-License-Identifier: MIT
#include "synapses/script/script_synapse.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bittensor/synapse/schema_text.h"
#include "bittensor/synapse/served_synapse.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

class ScriptSynapseTest : public ::testing::Test {
 protected:
  // The file of a model whose forward() is `code`, which may use self.scale, 3.
  std::string saved(const std::string& code) {
    torch::jit::Module module("Model");
    module.register_parameter("scale", torch::full({}, 3.0f), /*is_buffer=*/false);
    module.define(code);
    module.save(path_);
    return path_;
  }
  absl::StatusOr<std::shared_ptr<ScriptSynapse>> open(const std::string& schema) {
    return ScriptSynapse::open(path_, *parse_schema(schema));
  }
  void TearDown() override { std::filesystem::remove(path_); }

  const std::string path_ = ::testing::TempDir() + "/script_synapse_test.ts";
};

TEST_F(ScriptSynapseTest, AnswersWhatTheModelAnswers) {
  saved("def forward(self, x):\n  return x.flatten(1) * self.scale\n");
  const auto synapse = open("image:1x2x4");
  ASSERT_TRUE(synapse.ok()) << synapse.status();
  EXPECT_EQ((*synapse)->schema().network_dim, 8);
  const auto images = torch::rand({3, 1, 2, 4});
  ServedSynapse served(**synapse);
  const auto answer = served.forward(Inputs::of_image(images));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(torch::allclose(*answer, 3 * images.flatten(1)));
}

TEST_F(ScriptSynapseTest, GivesTheGradientOfItsInputsAndHasNothingToTrain) {
  saved("def forward(self, x):\n  return x * self.scale\n");
  const auto synapse = open("tensor:4");
  ASSERT_TRUE(synapse.ok()) << synapse.status();
  EXPECT_TRUE((*synapse)->parameters().empty());
  ServedSynapse served(**synapse);
  const auto gradient =
      served.backward(Inputs::of_tensor(torch::ones({2, 4})), torch::ones({2, 4}));
  ASSERT_TRUE(gradient.ok()) << gradient.status();
  EXPECT_TRUE(torch::equal(*gradient, torch::full({2, 4}, 3.0f)));
}

TEST_F(ScriptSynapseTest, TakesTextAsAListOfStrings) {
  saved(
      "def forward(self, texts: List[str]):\n"
      "  return torch.ones([len(texts), 3, 5]) * self.scale\n");
  const auto synapse = open("text");
  ASSERT_TRUE(synapse.ok()) << synapse.status();
  EXPECT_EQ((*synapse)->schema().network_dim, 5);
  ServedSynapse served(**synapse);
  const auto answer = served.forward(Inputs::of_text({"a", "b", "c", "d"}));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->size(0), 4);
}

TEST_F(ScriptSynapseTest, AModelThatDoesNotFitItsSchemaIsRefused) {
  saved("def forward(self, x):\n  return x.matmul(torch.ones([4, 4])) * self.scale\n");
  EXPECT_THAT(open("tensor:5").status().ToString(), HasSubstr("script_synapse_test.ts: "));
  saved("def forward(self, x):\n  return x.sum() * self.scale\n");
  EXPECT_THAT(open("tensor:5").status().ToString(), HasSubstr("it answers Float []"));
  saved("def forward(self, x):\n  return 'seven'\n");
  EXPECT_EQ(open("tensor:5").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ScriptSynapseTest, AFileThatIsNoneIsSaid) {
  EXPECT_EQ(open("text").status().code(), absl::StatusCode::kNotFound);
  std::ofstream(path_) << "not a model";
  EXPECT_EQ(open("text").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace bittensor
