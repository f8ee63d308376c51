// SPDX-License-Identifier: MIT
#include "bittensor/synapse/inputs.h"

#include "gmock/gmock.h"
#include "torch/types.h"

namespace bittensor {
namespace {

const at::Tensor kTwoRows = torch::tensor({2, 0}, torch::kLong);

TEST(Inputs, RowsOfTextKeepTheOrderOfTheIndex) {
  const Inputs inputs = Inputs::of_text({"a", "b", "c"});
  EXPECT_EQ(inputs.batch(), 3);
  EXPECT_THAT(inputs.rows(kTwoRows).text, ::testing::ElementsAre("c", "a"));
  EXPECT_EQ(inputs.rows(kTwoRows).modality, Modality::kText);
}

TEST(Inputs, RowsOfATensorAreDifferentiable) {
  const at::Tensor tensor = torch::rand({3, 2}).requires_grad_();
  const Inputs rows = Inputs::of_image(tensor).rows(kTwoRows);
  EXPECT_EQ(rows.modality, Modality::kImage);
  EXPECT_TRUE(torch::equal(rows.tensor[0], tensor[2]));
  rows.tensor.sum().backward();
  EXPECT_TRUE(torch::equal(tensor.grad().sum(1), torch::tensor({2.0F, 0.0F, 2.0F})));
}

TEST(Inputs, NoRowsIsAnEmptyBatch) {
  const at::Tensor none = torch::empty({0}, torch::kLong);
  EXPECT_EQ(Inputs::of_tensor(torch::rand({3, 2})).rows(none).tensor.sizes(),
            (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(Inputs::of_text({"a"}).rows(none).batch(), 0);
  EXPECT_EQ(Inputs::of_tensor({}).batch(), 0);
  EXPECT_EQ(Inputs::of_tensor(torch::tensor(3.0)).batch(), 0);
}

TEST(Inputs, RowOutsideTheBatchThrows) {
  EXPECT_THROW(Inputs::of_text({"a", "b"}).rows(kTwoRows), c10::Error);
  EXPECT_THROW(Inputs::of_text({"a"}).rows(torch::tensor({-1}, torch::kLong)), c10::Error);
  EXPECT_THROW(Inputs::of_tensor(torch::rand({2, 2})).rows(kTwoRows), c10::Error);
}

}  // namespace
}  // namespace bittensor
