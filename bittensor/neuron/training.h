// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nlohmann/json_fwd.hpp"
#include "torch/nn/module.h"
#include "torch/optim/optimizer.h"

#include "bittensor/dendrite/dendrite.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/metagraph/synapse_record.h"
#include "bittensor/neuron/checkpoints.h"
#include "bittensor/neuron/options.h"
#include "bittensor/neuron/progress.h"
#include "bittensor/neuron/report.h"
#include "bittensor/neuron/schedule.h"
#include "bittensor/neuron/test_result.h"
#include "bittensor/neuron/watched_loss.h"
#include "bittensor/synapse/synapse.h"
#include "bittensor/synapse/synapse_output.h"
#include "bittensor/watch/watch.h"

namespace bittensor {

// The course of a training run: which epoch and step it is at, and with that its learning rate
// (Schedule), what is shown (Progress), saved and resumed (Checkpoints) and reported
// (NeuronReport). The training itself is the caller's.
//
// Not thread-safe. What it is given must outlive it.
class Training {
 public:
  // `kind` names the model in checkpoints: "mnist". The weights in `metagraph` are saved and
  // restored with the rest, unless it is null. `config` goes into them with the options.
  Training(std::string kind, const NeuronOptions& options, torch::nn::Module& synapse,
           torch::nn::Module& router, torch::optim::Optimizer& optimizer, Executor& executor,
           Metagraph* metagraph = nullptr, Schedule schedule = Schedule::kWarmRestarts,
           std::map<std::string, std::string> config = {});

  // From now on `watch` is told how it goes.
  void show_to(Watch& watch) { watch_ = &watch; }

  // Resumes what the neuron saved, see Checkpoints::load(). An error says why it cannot, or where
  // nothing can be written.
  absl::Status load();

  // A copy of `synapse` as it was best: what is to be served. To be called once.
  std::shared_ptr<Synapse> best(const Synapse& synapse) { return checkpoints_.take_best(synapse); }

  void say_started(const PublicKey& key, int axon_port, const std::string& metagraph_address,
                   const std::string& dashboard_url = "");

  // How good the same model became without the network.
  void say_alone(const TestResult& test);

  // Begins the next epoch of so many steps; false when all are done or a stop is requested.
  bool next_epoch(std::int64_t steps, std::int64_t images);
  // Begins the next step and sets its learning rate; false at the end of the epoch or when a
  // stop is requested. Between two steps the training is saved when it is time.
  bool next_step();
  // The step under way, counted from 0 through all epochs.
  std::int64_t step() const { return step_; }
  // The first step of the next epoch.
  std::int64_t end_of_epoch() const { return end_of_epoch_; }

  // Counts a step of `images` images; shows the progress every --log_interval steps.
  // `weights` is [n], of `synapses`.
  void show(const SynapseOutput& output, std::int64_t images, std::size_t peers,
            const Dendrite::Stats& answers, const std::vector<SynapseRecord>& synapses,
            const at::Tensor& weights);

  // Whether the epoch came to its end; if not, status() says why.
  bool epoch_done() const { return step_ + 1 == end_of_epoch_; }
  // kCancelled: a stop was requested; kInternal: the loss or a parameter is not finite.
  absl::Status status() const;

  // Says how good the model is after this epoch, in words of the task's own too. True if it is the
  // best so far: then it was saved as such. A failure to save is said and training goes on;
  // finish() returns it. When a stop is requested the test counts nothing: it is done again by the
  // run that resumes.
  bool finish_epoch(const TestResult& test, const std::string& details = "");

  // Notes what became of the model as it is now, with the task's own fields `more`, an object, and
  // writes it to --report. The error of that. say_report() then shows it.
  absl::Status finish(const TestResult& local, const TestResult& network,
                      const Dendrite::Stats& answers, const std::vector<SynapseRecord>& synapses,
                      const at::Tensor& weights, const nlohmann::json& more);
  absl::Status finish(const TestResult& local, const TestResult& network,
                      const Dendrite::Stats& answers, const std::vector<SynapseRecord>& synapses,
                      const at::Tensor& weights);

  void say_report();
  // As an object: what finish() wrote.
  const nlohmann::json& report() const { return *final_report_; }
  // With --stay, waits for the signal to stop. The error of the last save.
  absl::Status stay();

  Progress& progress() { return progress_; }

 private:
  void count_help(std::uint64_t answers, std::size_t asked);
  void save_position();
  TrainingPosition position() const { return {epoch_, step_ + 1, steps_per_epoch_}; }

  const NeuronOptions& options_;
  torch::optim::Optimizer& optimizer_;
  const Schedule schedule_;
  Progress progress_;
  Checkpoints checkpoints_;

  std::int64_t epoch_ = 0;  // epochs done
  std::int64_t step_ = -1;
  std::int64_t steps_per_epoch_ = 0;
  std::int64_t end_of_epoch_ = 0;
  StepProgress shown_;
  LossMean local_loss_, network_loss_, distillation_loss_;  // since the last line
  std::uint64_t unused_answers_ = 0;  // others' answers that no step has used yet
  absl::Status diverged_;
  NeuronReport report_;
  std::shared_ptr<nlohmann::json> final_report_;  // by pointer: its type is only declared here
  Watch* watch_ = nullptr;
};

}  // namespace bittensor
