// SPDX-License-Identifier: MIT
#include "examples/image_neuron.h"

#include <utility>

#include "synapses/image_mini_batch.h"
#include "torch/types.h"

#include "bittensor/neuron/sgd.h"

namespace bittensor {

absl::Status run_image_neuron(NeuronProgram& program, ImageTask task, c10::Device device) {
  const auto mini_batch = [device](Synapse& synapse, const Batch& batch) {
    return make_image_mini_batch(dynamic_cast<ImageClassifier&>(synapse), batch.images.to(device),
                                 batch.labels.to(device));
  };
  NeuronTask neuron;
  neuron.kind = task.kind;
  neuron.synapse = task.synapse;
  neuron.train = [&](Synapse& synapse, std::int64_t step) {
    return mini_batch(synapse, task.train(step));
  };
  neuron.steps_per_epoch = task.steps_per_epoch;
  neuron.train_samples = task.train_images;
  neuron.test = [&](Synapse& synapse, std::int64_t step) {
    return mini_batch(synapse, task.test.at(step));
  };
  neuron.test_batches = task.test.per_epoch();
  neuron.optimizer = [&](std::vector<at::Tensor> parameters) {
    return std::make_unique<Sgd>(std::move(parameters), task.optimizer);
  };
  neuron.schedule = task.schedule;
  return program.run(std::move(neuron));
}

LabelledImages limited(const LabelledImages& images, std::int64_t count) {
  return count > 0 ? images.first(count) : images;
}

}  // namespace bittensor
