// SPDX-License-Identifier: MIT
#include "datasets/cifar10/cifar10.h"
#include "gtest/gtest.h"
#include "synapses/dpn/dpn_synapse.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

constexpr std::int64_t kSteps = 100;  // five epochs of the subset

// A quarter of the default's channels, so that it learns in seconds.
DpnSynapse::Options narrow() {
  DpnSynapse::Options options;
  options.layout.stem = {/*channels=*/16, /*kernel=*/3, /*stride=*/2, /*pool=*/false};
  options.layout.groups = 2;
  options.layout.stages = {{1, 16, 24, 8, 1}, {1, 32, 48, 8, 2}, {1, 32, 64, 16, 2}};
  options.sizes.network_dim = 128;
  options.sizes.student = 32;
  options.sizes.joint = 64;
  return options;
}

double accuracy(const torch::Tensor& logits, const torch::Tensor& labels) {
  return logits.argmax(1).eq(labels).to(torch::kFloat).mean().item<double>();
}

// The network is the synapse's own copy, as it was before it learned anything.
TEST(DpnLearning, ThousandPhotographsTeachSomethingAboutFiveHundredOthers) {
  const auto cifar = load_cifar10("tests/data/cifar10");
  ASSERT_TRUE(cifar.ok()) << cifar.status();
  Batches train(cifar->train, {50, /*shuffle=*/true, /*seed=*/1, cifar10_normalisation(),
                               cifar10_augmentation()});
  const Batch test =
      Batches(cifar->test, {500, /*shuffle=*/false, 0, cifar10_normalisation(), {}}).at(0);

  torch::manual_seed(1);
  DpnSynapse synapse(narrow());
  const auto peer = synapse.copy();
  peer->eval();
  torch::optim::SGD sgd(synapse.parameters(), torch::optim::SGDOptions(0.1).momentum(0.9));
  double loss = 0;
  for (std::int64_t step = 0; step < kSteps; ++step) {
    const double left = 1 - static_cast<double>(step) / kSteps;
    static_cast<torch::optim::SGDOptions&>(sgd.param_groups()[0].options()).lr(0.1 * left);
    const Batch batch = train.at(step);
    torch::Tensor answer;
    {
      const torch::NoGradGuard no_grad;
      answer = peer->forward_image(batch.images);
    }
    const auto output = synapse.forward(batch.images, batch.labels, answer);
    sgd.zero_grad();
    output.loss.backward();
    sgd.step();
    loss = 0.9 * loss + 0.1 * output.local_target_loss.item<double>();
  }

  synapse.eval();
  const torch::NoGradGuard no_grad;
  // Of the local path only: the network path sees nothing but the answers of a peer that never
  // learnt.
  EXPECT_LT(loss, 1.9);
  EXPECT_GT(accuracy(synapse.forward(test.images, test.labels).local_target, test.labels), 0.27);
}

}  // namespace
}  // namespace bittensor
