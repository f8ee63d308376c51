// SPDX-License-Identifier: MIT
#include "synapses/dpn/dpn_synapse.h"

#include <limits>

#include "gtest/gtest.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/synapse/served_synapse.h"

namespace bittensor {
namespace {

using torch::equal;

// A small one, so that the tests take no time.
DpnSynapse small() {
  torch::manual_seed(1);
  DpnSynapse::Options options;
  options.layout.stem = {/*channels=*/4, /*kernel=*/3, /*stride=*/1, /*pool=*/true};
  options.layout.groups = 2;
  options.layout.stages = {{1, 4, 6, 2, 1}, {2, 4, 8, 2, 2}};
  options.sizes.network_dim = 24;
  options.sizes.student = 8;
  options.sizes.joint = 12;
  return DpnSynapse(options);
}

torch::Tensor images(std::int64_t batch = 4) {
  return torch::rand({batch, 3, 32, 32});
}
torch::Tensor labels(std::int64_t batch = 4) {
  return torch::arange(batch);
}

TEST(DpnSynapse, AnswersImagesOfAnySizeAndChannels) {
  ServedSynapse served(small());
  for (const auto& shape : {std::vector<std::int64_t>{2, 3, 32, 32},
                            {2, 1, 28, 28},
                            {1, 3, 1, 1},
                            {1, 7, 200, 3},
                            {3, 2, 32, 32}}) {
    const auto answer = served.forward(Inputs::of_image(torch::rand(shape)));
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->sizes(), (std::vector<std::int64_t>{shape[0], 24}));
  }
}

TEST(DpnSynapse, RefusesWhatIsNoImageBySchema) {
  ServedSynapse served(small());
  const auto no_channels = torch::rand({2, 0, 32, 32});
  const auto no_rows = torch::rand({2, 3, 0, 32});
  const auto whole_numbers = torch::ones({2, 3, 32, 32}, torch::kUInt8);
  for (const auto& wrong : {torch::rand({2, 784}), no_channels, no_rows, whole_numbers}) {
    EXPECT_FALSE(served.forward(Inputs::of_image(wrong)).ok()) << wrong.sizes();
  }
  EXPECT_FALSE(served.forward(Inputs::of_tensor(images())).ok());
}

TEST(DpnSynapse, GreyIsTheSameInEveryChannel) {
  auto synapse = small();
  synapse.eval();
  const auto grey = torch::rand({4, 1, 32, 32});
  EXPECT_TRUE(torch::allclose(synapse.encode(grey), synapse.encode(grey.expand({4, 3, 32, 32})),
                              1e-4, 1e-6));
}

TEST(DpnSynapse, RowOfAServedBatchIsAnsweredAsItWouldBeAlone) {
  ServedSynapse served(small());
  const auto batch = images();
  const auto together = served.forward(Inputs::of_image(batch));
  const auto alone = served.forward(Inputs::of_image(batch.narrow(0, 2, 1)));
  ASSERT_TRUE(together.ok() && alone.ok());
  EXPECT_TRUE(torch::allclose(together->narrow(0, 2, 1), *alone, 1e-4, 1e-6));
}

TEST(DpnSynapse, ServedCopyDoesNotCountStrangersImages) {
  auto synapse = small();
  ServedSynapse served(synapse);
  const auto before = served.forward(Inputs::of_image(images()));
  const auto inputs = images();
  const auto first = served.forward(Inputs::of_image(inputs));
  ASSERT_TRUE(served.forward(Inputs::of_image(100 * images())).ok());
  const auto second = served.forward(Inputs::of_image(inputs));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(equal(*first, *second));
}

TEST(DpnSynapse, WholeStepTeachesEveryParameterAndTheNetwork) {
  auto synapse = small();
  const auto network_context = torch::zeros({4, 24}).requires_grad_();
  synapse.forward(images(), labels(), network_context).loss.backward();
  for (const auto& parameter : synapse.named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
  }
  EXPECT_GT(network_context.grad().abs().sum().item<double>(), 0);
}

TEST(DpnSynapse, InputGradientIsServed) {
  ServedSynapse served(small());
  const auto gradient =
      served.backward(Inputs::of_image(torch::rand({2, 1, 28, 28})), torch::ones({2, 24}));
  ASSERT_TRUE(gradient.ok()) << gradient.status();
  EXPECT_EQ(gradient->sizes(), (std::vector<std::int64_t>{2, 1, 28, 28}));
  EXPECT_GT(gradient->abs().sum().item<double>(), 0);
}

TEST(DpnSynapse, HugeImagesGiveNoInfiniteAnswer) {
  ServedSynapse served(small());
  const auto huge = torch::full({1, 3, 32, 32}, std::numeric_limits<float>::max());
  const auto answer = served.forward(Inputs::of_image(huge));
  EXPECT_TRUE(!answer.ok() || answer->isfinite().all().item<bool>());
}

}  // namespace
}  // namespace bittensor
