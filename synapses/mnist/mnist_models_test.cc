// SPDX-License-Identifier: MIT
#include "synapses/mnist/mnist_models.h"

#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

TEST(MnistModels, AllAnswerAndPredictAlike) {
  for (const std::string& name : mnist_models()) {
    const auto model = make_mnist_model(name);
    ASSERT_TRUE(model.ok()) << name;
    EXPECT_TRUE((*model)->schema().task == (*make_mnist_model("plain"))->schema().task) << name;
    const auto output = (*model)->forward_image(torch::rand({3, 1, 28, 28}));
    EXPECT_EQ(output.sizes(), at::IntArrayRef({3, 1024})) << name;
    EXPECT_EQ((*model)->predict(output).sizes(), at::IntArrayRef({3, 10})) << name;
    EXPECT_EQ((*model)->copy()->parameters().size(), (*model)->parameters().size()) << name;
  }
}

TEST(MnistModels, OneThatIsNotThereIsNamedWithThoseThatAre) {
  const auto model = make_mnist_model("resnet");
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(model.status().message().find("conv"), absl::string_view::npos);
}

}  // namespace
}  // namespace bittensor
