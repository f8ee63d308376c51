// SPDX-License-Identifier: MIT
//
// A program that is a neuron, from its options to its report.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "c10/core/Device.h"
#include "nlohmann/json_fwd.hpp"
#include "torch/optim/optimizer.h"

#include "bittensor/base/file_lock.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/neuron/evaluate.h"
#include "bittensor/neuron/mini_batch.h"
#include "bittensor/neuron/options.h"
#include "bittensor/neuron/training.h"
#include "bittensor/synapse/synapse.h"
#include "bittensor/wallet/wallet.h"
#include "bittensor/watch/watch.h"

namespace CLI {
class App;
}

namespace bittensor {

class NeuronDisplay;

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

// A program that is a neuron. What it does, and what it waits for, is to be seen from its start on,
// while it still gets its data, too.
//
// Not thread-safe, but for what wait() gives.
class NeuronProgram {
 public:
  // Opens the key, creating it if there is none, and holds it against other processes; shows the
  // status, the page and the metrics that `options` ask for. `kind` names the program: "mnist".
  // Errors say what is wrong with the key, or which port is taken.
  static absl::StatusOr<std::unique_ptr<NeuronProgram>> start(const NeuronOptions& options,
                                                              const std::string& kind);
  ~NeuronProgram();

  const NeuronOptions& options() const { return options_; }

  // `what` is waited for as long as the result lives, `at_most` so long, if there is a limit: it
  // completes "waits for ...".
  [[nodiscard]] Watch::Wait wait(std::string what, std::optional<Duration> at_most = {});

  // Trains the task's model together with others until --epochs or --steps are done or a stop is
  // requested, then reports. kCancelled: it was stopped. To be called once.
  absl::Status run(NeuronTask task);

 private:
  explicit NeuronProgram(const NeuronOptions& options);

  NeuronOptions options_;
  std::optional<Wallet> wallet_;
  std::optional<FileLock> lock_;
  ThreadExecutor executor_;
  std::atomic<Progress*> progress_{nullptr};  // where the live view is drawn, once there is one
  std::unique_ptr<NeuronDisplay> display_;
};

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
