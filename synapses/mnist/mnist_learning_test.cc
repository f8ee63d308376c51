// SPDX-License-Identifier: MIT
#include "datasets/mnist/mnist.h"
#include "gtest/gtest.h"
#include "synapses/mnist/mnist_synapse.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

constexpr std::int64_t kSteps = 160;  // ten epochs of the subset

double accuracy(const torch::Tensor& logits, const torch::Tensor& labels) {
  return logits.argmax(1).eq(labels).to(torch::kFloat).mean().item<double>();
}

Batches::Options in_batches_of(std::int64_t size) {
  Batches::Options options;
  options.batch_size = size;
  options.normalisation = mnist_normalisation();
  return options;
}

// The network is the synapse's own copy, as it was before it learned anything.
TEST(MnistLearning, ThousandDigitsTeachMostOfFiveHundredOthers) {
  const auto mnist = load_mnist("tests/data/mnist");
  ASSERT_TRUE(mnist.ok()) << mnist.status();
  Batches train(mnist->train, in_batches_of(64));
  const Batch test = Batches(mnist->test, in_batches_of(500)).at(0);

  torch::manual_seed(1);
  MnistSynapse synapse;
  const auto peer = synapse.copy();
  torch::optim::SGD sgd(synapse.parameters(), torch::optim::SGDOptions(0.05).momentum(0.9));
  double loss = 0;
  for (std::int64_t step = 0; step < kSteps; ++step) {
    const double left = 1 - static_cast<double>(step) / kSteps;
    static_cast<torch::optim::SGDOptions&>(sgd.param_groups()[0].options()).lr(0.05 * left);
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
    loss = output.local_target_loss.item<double>();
  }

  const torch::NoGradGuard no_grad;
  const auto output = synapse.forward(test.images, test.labels, peer->forward_image(test.images));
  RecordProperty("local", std::to_string(accuracy(output.local_target, test.labels)));
  EXPECT_LT(loss, 0.2);
  EXPECT_GT(accuracy(output.local_target, test.labels), 0.85);
  // The network path sees nothing but the answers of a peer that never learnt.
  EXPECT_GT(accuracy(output.network_target, test.labels), 0.75);
}

}  // namespace
}  // namespace bittensor
