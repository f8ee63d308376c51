// SPDX-License-Identifier: MIT
//
// What the examples that classify images share.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "c10/core/Device.h"
#include "datasets/batches.h"
#include "synapses/image_classifier.h"
#include "torch/optim/sgd.h"

#include "bittensor/neuron/program.h"

namespace bittensor {

// What one example has of its own.
struct ImageTask {
  std::string kind;                               // names the model in checkpoints: "mnist"
  std::shared_ptr<ImageClassifier> synapse;       // on the device
  std::function<Batch(std::int64_t step)> train;  // the batch of a step, through all epochs
  std::int64_t steps_per_epoch = 0;
  std::int64_t train_images = 0;  // in an epoch
  Batches test;
  torch::optim::SGDOptions optimizer;
  Schedule schedule = Schedule::kWarmRestarts;
};

// Runs the neuron of the task.
absl::Status run_image_neuron(NeuronProgram& program, ImageTask task, c10::Device device);

// `count` of the images, or all if it is 0.
LabelledImages limited(const LabelledImages& images, std::int64_t count);

}  // namespace bittensor
