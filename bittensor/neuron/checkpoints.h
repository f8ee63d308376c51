// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "torch/nn/module.h"
#include "torch/optim/optimizer.h"

#include "bittensor/base/executor.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/neuron/options.h"
#include "bittensor/neuron/progress.h"
#include "bittensor/neuron/saved_training.h"
#include "bittensor/synapse/synapse.h"

namespace bittensor {

// How far a training run has come.
struct TrainingPosition {
  std::int64_t epochs_done = 0;
  std::int64_t steps_done = 0;       // through all epochs
  std::int64_t steps_per_epoch = 0;  // 0: not known yet
};

// The two checkpoints of a neuron (parts.h): the best model so far, and where training stands, so
// that a neuron that is started again continues from the later one, even within an epoch.
//
// A model with a parameter that is not finite is never saved: see broken(). A file that cannot be
// written is an error in the log, and training goes on: see status().
//
// Not thread-safe. What it is given must outlive it.
class Checkpoints {
 public:
  // `kind` names the model in checkpoints: "mnist". The weights in `metagraph` are saved and
  // restored with the rest, unless it is null. `config` goes into them with the options.
  Checkpoints(std::string kind, const NeuronOptions& options, torch::nn::Module& synapse,
              torch::nn::Module& router, torch::optim::Optimizer& optimizer, Executor& executor,
              Metagraph* metagraph, std::map<std::string, std::string> config, Progress& progress);

  // Restores what find_saved_training() finds; the position is 0 if there is nothing. An error
  // names the file and what does not fit, or where nothing can be saved: now rather than after
  // hours of training.
  absl::StatusOr<TrainingPosition> load();

  // A copy of `synapse` as it was best, according to what was loaded. To be called once: the best
  // parameters are not kept after it.
  std::shared_ptr<Synapse> take_best(const Synapse& synapse);

  // The first step to do of an epoch after `epochs_done`, with the random numbers that the run it
  // resumes had there.
  std::int64_t begin_epoch(std::int64_t epochs_done, std::int64_t steps_per_epoch);

  // Whether --save_interval has passed since the last time.
  bool due(const TrainingPosition& position) const;

  // Saves where training stands, unless that is saved already.
  void save_position(const TrainingPosition& position);

  // Whether a model of this test loss is the best so far. False for NaN.
  bool is_best(double test_loss) const { return test_loss < best_test_loss_; }

  // The same at the end of an epoch. True if this is the best model so far and not broken(): then
  // it was saved as such.
  bool save_epoch(const TrainingPosition& position, double test_loss);

  // Whether a restarted run would continue exactly here.
  bool has(const TrainingPosition& position) const;

  double best_test_loss() const { return best_test_loss_; }
  // The file of the best model, or of the latest; empty before there is one.
  const std::string& file() const { return file_; }
  // kInternal from the first parameter on that is not finite.
  const absl::Status& broken() const { return broken_; }
  // Of the last attempt to write a file.
  const absl::Status& status() const { return status_; }

 private:
  absl::Status check_files() const;
  absl::Status restore_from(SavedTraining saved);
  bool save(const std::string& path, const TrainingPosition& position);
  absl::Status write(const std::string& path, const TrainingPosition& position) const;
  Duration interval() const;

  const std::string kind_;
  const NeuronOptions& options_;
  torch::nn::Module& synapse_;
  torch::nn::Module& router_;
  torch::optim::Optimizer& optimizer_;
  Executor& executor_;
  Metagraph* const metagraph_;
  const std::map<std::string, std::string> config_;  // the task's
  Progress& progress_;

  std::optional<Checkpoint> resumed_;  // until the epoch begins that it goes on in
  StateDict best_synapse_;             // as loaded, until take_best(); empty: the synapse as it is
  double best_test_loss_ = std::numeric_limits<double>::infinity();

  TimePoint next_save_;
  std::optional<TrainingPosition> saved_;
  std::string file_;
  absl::Status status_;
  absl::Status broken_;
};

}  // namespace bittensor
