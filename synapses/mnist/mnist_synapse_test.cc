// SPDX-License-Identifier: MIT
#include "synapses/mnist/mnist_synapse.h"

#include <limits>

#include "gtest/gtest.h"
#include "torch/nn/module.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/synapse/served_synapse.h"

namespace bittensor {
namespace {

using torch::equal;

// A small one, so that the tests take no time.
MnistSynapse small() {
  torch::manual_seed(1);
  MnistSynapse::Options options;
  options.encoder = 16;
  options.sizes.network_dim = 24;
  options.sizes.student = 8;
  options.sizes.joint = 12;
  return MnistSynapse(options);
}

torch::Tensor images(std::int64_t batch = 4) {
  return torch::rand({batch, 1, 28, 28});
}
torch::Tensor labels(std::int64_t batch = 4) {
  return torch::arange(batch);
}

bool has_gradient(const torch::nn::Module& module, const std::string& prefix) {
  for (const auto& parameter : module.named_parameters()) {
    if (parameter.key().rfind(prefix, 0) != 0 || !parameter.value().grad().defined()) continue;
    if (parameter.value().grad().abs().sum().item<double>() > 0) return true;
  }
  return false;
}

TEST(MnistSynapse, AnswersImagesOfAnySizeAndChannels) {
  MnistSynapse synapse;
  const torch::NoGradGuard no_grad;
  for (const auto& shape :
       {std::vector<std::int64_t>{2, 1, 28, 28}, {2, 3, 64, 20}, {1, 1, 1, 1}}) {
    const auto inputs = torch::rand(shape);
    ASSERT_TRUE(synapse.schema().check(Inputs::of_image(inputs)).ok());
    const auto output = synapse.forward_image(inputs);
    EXPECT_EQ(output.sizes(), (std::vector<std::int64_t>{shape[0], 1024}));
  }
}

TEST(MnistSynapse, ColourIsTheMeanOfItsChannels) {
  auto synapse = small();
  const auto grey = images();
  const auto colour = torch::cat({grey - 0.25, grey, grey + 0.25}, 1);
  EXPECT_TRUE(torch::allclose(synapse.encode(grey), synapse.encode(colour), 1e-4, 1e-6));
}

TEST(MnistSynapse, OthersGetTheLocalOutput) {
  auto synapse = small();
  const auto inputs = images();
  EXPECT_TRUE(equal(synapse.forward_image(inputs), synapse.forward(inputs, labels()).local_output));
}

TEST(MnistSynapse, TestStepLeavesTheNetworkOut) {
  auto synapse = small();
  const auto output = synapse.forward(images(), labels());
  EXPECT_FALSE(output.network_output.defined());
  EXPECT_FALSE(output.network_target.defined());
  EXPECT_FALSE(output.network_target_loss.defined());
  EXPECT_FALSE(output.distillation_loss.defined());
  EXPECT_TRUE(equal(output.loss, output.local_target_loss));
}

TEST(MnistSynapse, LossIsTheSumOfItsThreeParts) {
  auto synapse = small();
  const auto output = synapse.forward(images(), labels(), torch::rand({4, 24}));
  EXPECT_EQ(output.network_output.sizes(), (std::vector<std::int64_t>{4, 24}));
  EXPECT_EQ(output.network_target.sizes(), (std::vector<std::int64_t>{4, 10}));
  EXPECT_TRUE(equal(output.loss, output.local_target_loss + output.network_target_loss +
                                     output.distillation_loss));
}

TEST(MnistSynapse, HalvesOfAStepMakeTheWhole) {
  auto synapse = small();
  const auto inputs = images();
  const auto network_context = torch::rand({4, 24});
  auto local = synapse.forward_local(synapse.encode(inputs), labels());
  const auto halves = synapse.forward_network(std::move(local), labels(), network_context);
  const auto whole = synapse.forward(inputs, labels(), network_context);
  EXPECT_TRUE(equal(halves.loss, whole.loss));
  EXPECT_TRUE(equal(halves.local_output, whole.local_output));
  EXPECT_TRUE(equal(halves.network_output, whole.network_output));
}

TEST(MnistSynapse, DistillationTeachesTheStudentAndNothingElse) {
  auto synapse = small();
  const auto network_context = torch::rand({4, 24}).requires_grad_();
  synapse.forward(images(), labels(), network_context).distillation_loss.backward();
  EXPECT_TRUE(has_gradient(synapse, "student"));
  for (const char* other : {"pixels", "features", "joint", "target"}) {
    EXPECT_FALSE(has_gradient(synapse, other)) << other;
  }
  EXPECT_FALSE(network_context.grad().defined());
}

TEST(MnistSynapse, NetworkTargetLossTeachesTheNetwork) {
  auto synapse = small();
  const auto network_context = torch::zeros({4, 24}).requires_grad_();
  synapse.forward(images(), labels(), network_context).loss.backward();
  EXPECT_GT(network_context.grad().abs().sum().item<double>(), 0);
  for (const char* part : {"pixels", "features", "student", "joint", "target"}) {
    EXPECT_TRUE(has_gradient(synapse, part)) << part;
  }
}

TEST(MnistSynapse, HugeNetworkContextLeavesLossAndGradientsSmall) {
  auto synapse = small();
  const auto huge = torch::full({4, 24}, std::numeric_limits<float>::max());
  const auto output = synapse.forward(images(), labels(), huge);
  EXPECT_LT(output.loss.item<double>(), 20);
  output.loss.backward();
  for (const auto& parameter : synapse.parameters()) {
    EXPECT_LT(parameter.grad().abs().max().item<double>(), 10);
  }
}

TEST(MnistSynapse, CopyAnswersTheSame) {
  auto synapse = small();
  const auto inputs = images();
  ServedSynapse served(synapse);
  const auto answer = served.forward(Inputs::of_image(inputs));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(equal(*answer, synapse.forward_image(inputs)));
}

}  // namespace
}  // namespace bittensor
