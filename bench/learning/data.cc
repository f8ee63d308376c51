// SPDX-License-Identifier: MIT
#include "bench/learning/data.h"

#include <map>

#include "datasets/mnist/mnist.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/neuron/training.h"

namespace bittensor::bench {
namespace {

constexpr std::int64_t kBatch = 64;
constexpr double kLearningRate = 0.03;

torch::Tensor shuffled(std::int64_t size, std::uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randperm(size);
}

}  // namespace

Batches train_batches(const LabelledImages& data, std::int64_t size, std::uint64_t seed,
                      int shift) {
  return Batches(data, {size,
                        /*shuffle=*/true,
                        seed,
                        mnist_normalisation(),
                        {shift, /*mirror=*/false, /*black_edges=*/true}});
}

Batches test_batches(const LabelledImages& data) {
  return Batches(data, {/*batch_size=*/200, /*shuffle=*/false, /*seed=*/0, mnist_normalisation()});
}

Batch joined(const Batch& a, const Batch& b) {
  return {torch::cat({a.images, b.images}), torch::cat({a.labels, b.labels})};
}

FewAndRest few_of_each_class(const LabelledImages& data, std::int64_t per_class,
                             std::uint64_t seed) {
  const torch::Tensor order = shuffled(data.size(), seed);
  const torch::Tensor labels = data.labels.index_select(0, order);
  std::vector<torch::Tensor> few, rest;
  for (int digit = 0; digit < kMnistClasses; ++digit) {
    const torch::Tensor rows = order.index_select(0, labels.eq(digit).nonzero().flatten());
    few.push_back(rows.slice(0, 0, per_class));
    rest.push_back(rows.slice(0, per_class));
  }
  return {data.rows(torch::cat(few)), data.rows(torch::cat(rest))};
}

LabelledImages unlabelled(const LabelledImages& data) {
  return {data.images, torch::full_like(data.labels, ImageClassifier::kNoLabel)};
}

LabelledImages of_classes(const LabelledImages& data, const std::vector<std::int64_t>& classes) {
  torch::Tensor wanted = torch::zeros_like(data.labels, torch::kBool);
  for (const std::int64_t label : classes) wanted |= data.labels.eq(label);
  return data.rows(wanted.nonzero().flatten());
}

std::shared_ptr<MnistSynapse> train_plainly(const LabelledImages& data, std::int64_t steps,
                                            std::uint64_t seed) {
  torch::manual_seed(seed);
  auto synapse = std::make_shared<MnistSynapse>();
  Batches train = train_batches(data, kBatch, seed);
  torch::optim::SGD optimizer(synapse->parameters(),
                              torch::optim::SGDOptions(kLearningRate).momentum(0.9));
  for (std::int64_t step = 0; step < steps; ++step) {
    optimizer.param_groups()[0].options().set_lr(learning_rate_at(kLearningRate, step, steps));
    const Batch batch = train.at(step);
    optimizer.zero_grad();
    synapse->forward(batch.images, batch.labels).loss.backward();
    optimizer.step();
  }
  return synapse;
}

std::vector<std::shared_ptr<MnistSynapse>> good_models(const LabelledImages& data, bool quick,
                                                       std::uint64_t seed) {
  static std::map<std::uint64_t, std::vector<std::shared_ptr<MnistSynapse>>> made;
  auto& models = made[seed];
  if (!models.empty()) return models;
  const torch::Tensor order = shuffled(data.size(), seed);
  for (int third = 0; third < 3; ++third) {
    const LabelledImages part =
        data.rows(order.slice(0, third * data.size() / 3, (third + 1) * data.size() / 3));
    const std::int64_t epochs = quick ? 2 : 4;
    models.push_back(train_plainly(part, epochs * part.size() / kBatch,
                                   100 * seed + static_cast<std::uint64_t>(third)));
  }
  return models;
}

double local_accuracy(ImageClassifier& synapse, const LabelledImages& test) {
  const torch::NoGradGuard no_grad;
  synapse.eval();
  Batches batches = test_batches(test);
  double correct = 0;
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    const Batch batch = batches.at(i);
    const auto logits = synapse.forward(batch.images, batch.labels).local_target;
    correct += logits.argmax(1).eq(batch.labels).sum().item<double>();
  }
  return 100 * correct / static_cast<double>(test.size());
}

}  // namespace bittensor::bench
