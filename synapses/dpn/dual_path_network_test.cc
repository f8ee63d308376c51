// SPDX-License-Identifier: MIT
#include "synapses/dpn/dual_path_network.h"

#include "gtest/gtest.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

std::int64_t parameters_of(const DpnLayout& layout) {
  const DualPathNetwork network(layout);
  std::int64_t count = 0;
  for (const auto& parameter : network.parameters()) count += parameter.numel();
  return count;
}

// A network that takes no time.
DpnLayout tiny() {
  DpnLayout layout;
  layout.stem = {/*channels=*/4, /*kernel=*/3, /*stride=*/1, /*pool=*/true};
  layout.groups = 2;
  layout.stages = {{1, 4, 6, 2, 1}, {2, 4, 8, 2, 2}};
  layout.outputs = 7;
  return layout;
}

// The paper's table 1: 37.67 and 61.57 million.
TEST(DualPathNetwork, PaperLayoutsHaveThePublishedNumbersOfParameters) {
  EXPECT_EQ(parameters_of(dpn92()), 37'668'392);
  EXPECT_EQ(parameters_of(dpn98()), 61'570'728);
}

TEST(DualPathNetwork, SmallLayoutIsTwentySixLayersDeep) {
  std::int64_t layers = 2;  // the stem and the head
  for (const auto& stage : dpn26_small().stages) layers += 3 * stage.blocks;
  EXPECT_EQ(layers, 26);
  EXPECT_LT(parameters_of(dpn26_small()), 1'000'000);
}

TEST(DualPathNetwork, TakesImagesOfAnySize) {
  DualPathNetwork network(tiny());
  network.eval();
  for (const auto& shape : {std::vector<std::int64_t>{2, 3, 32, 32}, {1, 3, 1, 1}, {3, 3, 5, 2}}) {
    EXPECT_EQ(network.forward(torch::rand(shape)).sizes(),
              (std::vector<std::int64_t>{shape[0], 7}));
  }
}

TEST(DualPathBlock, AddsToTheResidualPathAndAppendsToTheDenseOne) {
  torch::manual_seed(1);
  const DpnLayout::Stage stage = {2, 4, 6, 3, 1};
  DualPathBlock block(/*inputs=*/6 + 9, stage, /*groups=*/2, /*first=*/false);
  EXPECT_EQ(block.outputs(), 6 + 9 + 3);
  const auto inputs = torch::randn({2, 15, 4, 4});
  const auto outputs = block.forward(inputs);
  EXPECT_EQ(outputs.size(1), block.outputs());
  // What was in the dense path stays as it was; the residual path has something new.
  EXPECT_TRUE(torch::equal(outputs.narrow(1, 6, 9), inputs.narrow(1, 6, 9)));
  EXPECT_FALSE(torch::equal(outputs.narrow(1, 0, 6), inputs.narrow(1, 0, 6)));
}

TEST(DualPathBlock, FirstOneBringsBothPathsToTheStagesSize) {
  const DpnLayout::Stage stage = {1, 4, 6, 3, 2};
  DualPathBlock block(/*inputs=*/5, stage, /*groups=*/2, /*first=*/true);
  EXPECT_EQ(block.outputs(), 6 + 3 * 3);
  EXPECT_EQ(block.forward(torch::randn({2, 5, 7, 8})).sizes(),
            (std::vector<std::int64_t>{2, 15, 4, 4}));
}

TEST(DualPathNetwork, MemoryOrderOfTheImagesChangesNothing) {
  torch::manual_seed(1);
  DualPathNetwork network(tiny());
  network.eval();
  const auto images = torch::rand({4, 3, 16, 16});
  const auto channels_last = images.contiguous(at::MemoryFormat::ChannelsLast);
  EXPECT_TRUE(torch::allclose(network.forward(images), network.forward(channels_last), 1e-4, 1e-5));
}

TEST(DualPathNetwork, LayoutsThatMakeNoSenseAreRefused) {
  const auto refused = [](auto change) {
    DpnLayout layout = tiny();
    change(layout);
    EXPECT_THROW(DualPathNetwork{layout}, c10::Error);
  };
  refused([](DpnLayout& layout) { layout.stages.clear(); });
  refused([](DpnLayout& layout) { layout.stages[0].blocks = 0; });
  refused([](DpnLayout& layout) { layout.stages[0].dense = 0; });
  refused([](DpnLayout& layout) { layout.stages[1].residual = -1; });
  refused([](DpnLayout& layout) { layout.groups = 3; });
  refused([](DpnLayout& layout) { layout.stages[1].stride = 0; });
  refused([](DpnLayout& layout) { layout.stem.kernel = 2; });
}

}  // namespace
}  // namespace bittensor
