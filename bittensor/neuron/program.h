// SPDX-License-Identifier: MIT
//
// A program that is a neuron, from its options to its report.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "c10/core/Device.h"
#include "nlohmann/json_fwd.hpp"
#include "torch/optim/optimizer.h"

#include "bittensor/neuron/evaluate.h"
#include "bittensor/neuron/mini_batch.h"
#include "bittensor/neuron/options.h"
#include "bittensor/neuron/training.h"
#include "bittensor/synapse/synapse.h"

namespace CLI {
class App;
}

namespace bittensor {

// What one program has of its own: its data, its model, its optimizer.
struct NeuronTask {
  // The mini-batch of a step, through all epochs, for `synapse`: the task's, or a copy of it.
  using MakeBatch = std::function<std::unique_ptr<MiniBatch>(Synapse& synapse, std::int64_t step)>;

  std::string kind;                  // names the model in checkpoints: "mnist"
  std::shared_ptr<Synapse> synapse;  // on the device
  MakeBatch train;
  std::int64_t steps_per_epoch = 0;
  std::int64_t train_samples = 0;  // in an epoch
  MakeBatch test;                  // the mini-batches of the test set
  std::int64_t test_batches = 0;
  // The optimizer of `parameters`, the synapse's and the router's; its learning rate is the
  // schedule's.
  std::function<std::unique_ptr<torch::optim::Optimizer>(std::vector<at::Tensor> parameters)>
      optimizer;
  Schedule schedule = Schedule::kWarmRestarts;
  double max_gradient_norm = 0;  // over all parameters; 0: gradients are not clipped
  std::map<std::string, std::string> config = {};  // goes into checkpoints, for users of the model

  // In words, what a test of the local path says beside loss and accuracy; may be empty.
  std::function<std::string(const TestResult&)> describe = {};
  // The final fields of its own in the report, from the test of the local path; may be empty.
  std::function<nlohmann::json(const TestResult&)> report = {};
};

// Trains the task's model together with others until --epochs or --steps are done or a stop is
// requested, then reports. kCancelled: it was stopped.
absl::Status run_neuron(const NeuronOptions& options, NeuronTask task);

// Trains a copy of the task's model as it is, on the same batches and for as many steps, without
// the network: what the network is measured against. Cut short when a stop is requested.
TestResult train_alone(const NeuronOptions& options, const NeuronTask& task);

// The main() of an example: parses the options, which begin as `options`, and calls `run`. Error
// messages begin with `name`. `add` adds options of the example's own.
int example_main(int argc, char** argv, const std::string& name, const std::string& description,
                 NeuronOptions options,
                 const std::function<absl::Status(const NeuronOptions&)>& run,
                 const std::function<void(CLI::App&)>& add = {});

}  // namespace bittensor
