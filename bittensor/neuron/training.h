// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"
#include "torch/nn/module.h"
#include "torch/optim/optimizer.h"

#include "bittensor/dendrite/dendrite.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/metagraph/synapse_record.h"
#include "bittensor/neuron/options.h"
#include "bittensor/neuron/progress.h"
#include "bittensor/neuron/report.h"
#include "bittensor/neuron/resume.h"
#include "bittensor/neuron/training_step.h"
#include "bittensor/synapse/synapse.h"
#include "bittensor/synapse/synapse_output.h"

namespace bittensor {

// What a pass over the test set gave.
struct TestResult {
  double loss = 0;                          // mean over the samples
  double accuracy = 0;                      // in [0, 1]
  std::map<std::string, double> more = {};  // what else the task measures, by name
};

// The learning rate of a step: falls along half a cosine from `peak` to a
// twentieth of it within each epoch, and starts each epoch at peak / epoch (warm
// restarts: Loshchilov and Hutter, arXiv 1608.03983). It depends on the step
// alone, so a run that resumes goes on as if it had not stopped.
double learning_rate_at(double peak, std::int64_t step, std::int64_t steps_per_epoch);

// The learning rate of a step of a run of `steps`: rises in a line from a twentieth of `peak` to
// `peak` within the first fifth, and falls in a line to almost nothing at the end (L. Smith,
// "Super-convergence", arXiv 1708.07120). The best model for a run of known length; one that
// resumes goes on as if it had not stopped if its --epochs are the same.
double one_cycle_at(double peak, std::int64_t step, std::int64_t steps);

enum class Schedule { kWarmRestarts, kOneCycle };  // learning_rate_at(), one_cycle_at()

// The learning rate of a step of a run of `epochs`.
double learning_rate_of(Schedule schedule, double peak, std::int64_t step,
                        std::int64_t steps_per_epoch, std::int64_t epochs);

// Keeps the books of a training run: which epoch and step, the learning rate,
// what is shown, what is saved and resumed, what is reported at the end. The
// example programs do the training itself.
//
// It keeps two checkpoints (parts.h): the best model so far, and where training stands, written
// every --save_interval seconds, at the end of each epoch and when a stop is requested. A
// neuron that is started again goes on from the later one, also within an epoch.
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

  // Resumes what find_earlier() finds. An error names the file and what does not fit, or where
  // nothing can be saved: now rather than after hours of training.
  absl::Status load();

  // A copy of `synapse` as it was best: what is to be served.
  std::shared_ptr<Synapse> best(const Synapse& synapse) const;

  void say_started(const PublicKey& key, int axon_port, const std::string& metagraph_address);

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
  // kCancelled: a stop was requested; kInternal: the loss is not finite.
  absl::Status status() const;

  // Says how good the model is after this epoch, in words of the task's own too. True if it is the
  // best so far: then it was saved as such. A failure to save is said and training goes on;
  // finish() returns it. When a stop is requested the test counts nothing: it is done again by the
  // run that resumes.
  bool finish_epoch(const TestResult& test, const std::string& details = "");

  // Writes the report of the model as it is now, with the task's own fields `more`, an object, and,
  // with --stay, waits for the signal to stop. The error of the last save, or of the report.
  absl::Status finish(const TestResult& local, const TestResult& network,
                      const Dendrite::Stats& answers, const std::vector<SynapseRecord>& synapses,
                      const at::Tensor& weights,
                      const nlohmann::json& more = nlohmann::json::object());

 private:
  // Over the steps that had a value. A tensor, so that a GPU is not waited for at each step.
  struct Mean {
    at::Tensor sum;
    int steps = 0;

    void add(const at::Tensor& value);
    double take();  // and begins anew; 0 if there was none
  };

  absl::Status check_files() const;
  absl::Status resume(Earlier earlier);
  std::int64_t first_step_of_epoch();
  Duration save_interval() const;
  bool due_to_save() const;
  void save_last();
  absl::Status save_to(const std::string& path);
  void note_saved(const std::string& path, const absl::Status& status);
  double learning_rate() const;  // of the step under way

  const std::string kind_;
  const NeuronOptions& options_;
  torch::nn::Module& synapse_;
  torch::nn::Module& router_;
  torch::optim::Optimizer& optimizer_;
  Executor& executor_;
  Metagraph* const metagraph_;
  const Schedule schedule_;
  const std::map<std::string, std::string> config_;  // the task's
  Progress progress_;

  std::int64_t epoch_ = 0;  // epochs done
  std::int64_t step_ = -1;
  std::int64_t steps_per_epoch_ = 0;
  std::int64_t end_of_epoch_ = 0;
  StepProgress shown_;
  Mean local_loss_, network_loss_, distillation_loss_;  // since the last line

  std::optional<Checkpoint> resumed_;  // until the epoch begins that it goes on in
  StateDict best_synapse_;             // from an earlier life; empty: the synapse as it was then
  TimePoint next_save_;
  std::int64_t saved_step_ = -1;  // steps and epochs done in the last checkpoint
  std::int64_t saved_epoch_ = -1;

  double best_test_loss_;
  NeuronReport report_;
  absl::Status save_status_;
  absl::Status diverged_;
};

}  // namespace bittensor
