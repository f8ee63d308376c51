// SPDX-License-Identifier: MIT
#include "bittensor/neuron/checkpoints.h"

#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "spdlog/spdlog.h"
#include "torch/nn/module.h"
#include "torch/optim/optimizer.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/allocator.h"
#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/tensor/finite.h"

namespace bittensor {
namespace {

constexpr char kStepsPerEpoch[] = "steps_per_epoch";

// 0 if the checkpoint does not say.
std::int64_t steps_per_epoch_of(const Checkpoint& checkpoint) {
  const auto found = checkpoint.config.find(kStepsPerEpoch);
  std::int64_t steps = 0;
  return found != checkpoint.config.end() && absl::SimpleAtoi(found->second, &steps) ? steps : 0;
}

std::map<std::string, std::string> config_of(const NeuronOptions& options,
                                             std::int64_t steps_per_epoch) {
  return {{kStepsPerEpoch, absl::StrCat(steps_per_epoch)},
          {"batch_size_train", absl::StrCat(options.batch_size_train)},
          {"learning_rate", absl::StrCat(options.learning_rate)},
          {"momentum", absl::StrCat(options.momentum)},
          {"topk", absl::StrCat(options.router.topk)},
          {"seed", absl::StrCat(options.seed)}};
}

bool is_finite(const torch::nn::Module& module) {
  for (const at::Tensor& parameter : module.parameters()) {
    if (!all_finite(parameter)) return false;
  }
  return true;
}

bool is_same(const TrainingPosition& a, const TrainingPosition& b) {
  return a.steps_done == b.steps_done && a.epochs_done == b.epochs_done;
}

}  // namespace

Checkpoints::Checkpoints(std::string kind, const NeuronOptions& options, torch::nn::Module& synapse,
                         torch::nn::Module& router, torch::optim::Optimizer& optimizer,
                         Executor& executor, Metagraph* metagraph,
                         std::map<std::string, std::string> config, Progress& progress)
    : kind_(std::move(kind)),
      options_(options),
      synapse_(synapse),
      router_(router),
      optimizer_(optimizer),
      executor_(executor),
      metagraph_(metagraph),
      config_(std::move(config)),
      progress_(progress) {}

absl::Status Checkpoints::check_files() const {
  const auto file = StagedFile::create(last_checkpoint_path(options_), 0666);
  if (file.ok()) return absl::OkStatus();
  return absl::Status(file.status().code(),
                      absl::StrCat("checkpoints cannot be saved: ", file.status().message()));
}

absl::StatusOr<TrainingPosition> Checkpoints::load() {
  BITTENSOR_RETURN_IF_ERROR(check_files());
  BITTENSOR_ASSIGN_OR_RETURN(std::optional<SavedTraining> saved, find_saved_training(options_));
  next_save_ = executor_.now() + interval();
  if (!saved) return TrainingPosition();
  BITTENSOR_RETURN_IF_ERROR(restore_from(*std::move(saved)));
  return TrainingPosition{resumed_->epoch, resumed_->step, steps_per_epoch_of(*resumed_)};
}

absl::Status Checkpoints::restore_from(SavedTraining saved) {
  Checkpoint& last = saved.last;
  auto fits = restore(last, kind_, synapse_, &router_, &optimizer_);
  if (fits.ok() && !saved.best_synapse.empty()) {
    fits = check_state_dict(synapse_, saved.best_synapse);
  }
  if (fits.ok() && metagraph_ != nullptr) fits = restore_weights(last.neuron, *metagraph_);
  if (!fits.ok()) {
    return absl::Status(fits.code(), absl::StrCat(saved.path, ": ", fits.message(),
                                                  "; --from_scratch starts over"));
  }
  best_test_loss_ = saved.best_test_loss;
  best_synapse_ = std::move(saved.best_synapse);
  file_ = saved.path;
  progress_.say(absl::StrFormat("resumes %s after epoch %d, step %d, best test loss %.4f",
                                saved.path, last.epoch, last.step, best_test_loss_));
  progress_.event("resumed", {{"file", saved.path}, {"epoch", last.epoch}, {"step", last.step}});
  resumed_ = std::move(last);
  return absl::OkStatus();
}

std::shared_ptr<Synapse> Checkpoints::take_best(const Synapse& synapse) {
  std::shared_ptr<Synapse> copy = synapse.copy();
  const StateDict best = std::exchange(best_synapse_, {});
  if (!best.empty()) {
    const absl::Status fits = load_state_dict(*copy, best);
    if (!fits.ok()) spdlog::warn("serving the model as it is: {}", fits.ToString());
  }
  return copy;
}

std::int64_t Checkpoints::begin_epoch(std::int64_t epochs_done, std::int64_t steps_per_epoch) {
  // Exploration in this epoch is the same whether or not the run was resumed.
  torch::manual_seed(options_.seed * 1'000'003 + static_cast<std::uint64_t>(epochs_done));
  const std::int64_t first = epochs_done * steps_per_epoch;
  if (!resumed_) return first;
  const Checkpoint resumed = *std::exchange(resumed_, std::nullopt);
  const std::int64_t steps_before = steps_per_epoch_of(resumed);
  const std::int64_t done = resumed.step - epochs_done * steps_before;
  if (steps_before == 0 || done <= 0) return first;
  if (steps_before != steps_per_epoch || done > steps_per_epoch) {
    spdlog::warn("epoch {} starts over: it had {} steps, and has {}", epochs_done + 1, steps_before,
                 steps_per_epoch);
    return first;
  }
  const absl::Status random = restore_random(resumed.neuron);
  if (!random.ok()) spdlog::warn("continues with other random numbers: {}", random.ToString());
  return first + done;
}

Duration Checkpoints::interval() const {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(options_.save_interval));
}

bool Checkpoints::has(const TrainingPosition& position) const {
  return saved_ && is_same(*saved_, position);
}

bool Checkpoints::due(const TrainingPosition& position) const {
  const bool saved = saved_ && saved_->steps_done == position.steps_done;
  return !saved && executor_.now() >= next_save_;
}

void Checkpoints::save_position(const TrainingPosition& position) {
  if (has(position)) return;
  if (save(last_checkpoint_path(options_), position)) saved_ = position;
  next_save_ = executor_.now() + interval();
  trim_allocator();  // Of what was written, and of peers that are gone.
}

bool Checkpoints::save_epoch(const TrainingPosition& position, double test_loss) {
  const bool best = is_best(test_loss);
  if (best) best_test_loss_ = test_loss;
  save_position(position);
  if (!best) return false;
  const std::string path = checkpoint_path(options_);
  if (save(path, position)) file_ = path;
  return broken_.ok();
}

// Says it once while saving fails for one reason, and once when it works again.
bool Checkpoints::save(const std::string& path, const TrainingPosition& position) {
  // A model that is broken is not saved over a good one.
  if (!is_finite(synapse_) || !is_finite(router_)) {
    broken_ = absl::InternalError(absl::StrCat("a parameter is not finite after step ",
                                               position.steps_done, ": lower --learning_rate"));
    return false;
  }
  const absl::Status status = write(path, position);
  if (status.ok()) {
    if (!status_.ok()) spdlog::warn("{} is saved again", path);
    progress_.event(
        "saved", {{"file", path}, {"epoch", position.epochs_done}, {"step", position.steps_done}});
    if (file_.empty()) file_ = path;
  } else if (status != status_) {
    spdlog::error("{}", status.ToString());
  }
  status_ = status;
  return status_.ok();
}

absl::Status Checkpoints::write(const std::string& path, const TrainingPosition& position) const {
  Checkpoint checkpoint;
  checkpoint.kind = kind_;
  checkpoint.config = config_of(options_, position.steps_per_epoch);
  checkpoint.config.insert(config_.begin(), config_.end());
  checkpoint.epoch = position.epochs_done;
  checkpoint.step = position.steps_done;
  checkpoint.best_test_loss = best_test_loss_;
  checkpoint.synapse = state_dict(synapse_);
  checkpoint.router = state_dict(router_);
  checkpoint.neuron = neuron_state(metagraph_);
  BITTENSOR_ASSIGN_OR_RETURN(checkpoint.optimizer, optimizer_state(optimizer_));
  return save_checkpoint(path, checkpoint);
}

}  // namespace bittensor
