// SPDX-License-Identifier: MIT
#include "bittensor/neuron/training.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "spdlog/spdlog.h"
#include "torch/torch.h"

#include "bittensor/base/allocator.h"
#include "bittensor/base/json_file.h"
#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/tensor/finite.h"

namespace bittensor {
namespace {

constexpr std::size_t kWeightsShown = 5;  // in a line of progress

// The `most` largest weights, largest first, by the synapses' short keys.
std::vector<std::pair<std::string, double>> named_weights(
    const std::vector<SynapseRecord>& synapses, const at::Tensor& weights, std::size_t most) {
  std::vector<std::pair<std::string, double>> named;
  for (std::size_t i = 0; i < synapses.size(); ++i) {
    named.emplace_back(synapses[i].key.short_hex(),
                       weights[static_cast<std::int64_t>(i)].item<double>());
  }
  std::sort(named.begin(), named.end(),
            [](const auto& a, const auto& b) { return a.second > b.second; });
  named.resize(std::min(named.size(), most));
  return named;
}

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
          {"topk", absl::StrCat(options.topk)},
          {"seed", absl::StrCat(options.seed)}};
}

}  // namespace

double learning_rate_at(double peak, std::int64_t step, std::int64_t steps_per_epoch) {
  constexpr double kPi = 3.14159265358979323846;
  constexpr double kLowest = 0.05;  // of the epoch's start
  const std::int64_t epoch = step / steps_per_epoch;
  const double progress =
      static_cast<double>(step % steps_per_epoch) / static_cast<double>(steps_per_epoch);
  const double fall = kLowest + (1 - kLowest) * 0.5 * (1 + std::cos(kPi * progress));
  return peak / static_cast<double>(epoch + 1) * fall;
}

double one_cycle_at(double peak, std::int64_t step, std::int64_t steps) {
  constexpr double kRise = 0.2;    // of the run
  constexpr double kStart = 0.05;  // of the peak
  constexpr double kEnd = 0.002;
  const double progress = static_cast<double>(step) / static_cast<double>(steps);
  if (progress < kRise) return peak * (kStart + (1 - kStart) * progress / kRise);
  const double fall = std::max(0.0, 1 - progress) / (1 - kRise);
  return peak * (kEnd + (1 - kEnd) * fall);
}

double learning_rate_of(Schedule schedule, double peak, std::int64_t step,
                        std::int64_t steps_per_epoch, std::int64_t epochs) {
  return schedule == Schedule::kOneCycle ? one_cycle_at(peak, step, epochs * steps_per_epoch)
                                         : learning_rate_at(peak, step, steps_per_epoch);
}

Training::Training(std::string kind, const NeuronOptions& options, torch::nn::Module& synapse,
                   torch::nn::Module& router, torch::optim::Optimizer& optimizer,
                   Executor& executor, Metagraph* metagraph, Schedule schedule,
                   std::map<std::string, std::string> config)
    : kind_(std::move(kind)),
      options_(options),
      synapse_(synapse),
      router_(router),
      optimizer_(optimizer),
      executor_(executor),
      metagraph_(metagraph),
      schedule_(schedule),
      config_(std::move(config)),
      progress_(Progress::style_of(options.progress), executor),
      best_test_loss_(std::numeric_limits<double>::infinity()) {}

absl::Status Training::check_files() const {
  const std::string path = last_checkpoint_path(options_);
  const auto file = StagedFile::create(path, 0666);
  if (!file.ok()) {
    return absl::Status(file.status().code(),
                        absl::StrCat("checkpoints cannot be saved: ", file.status().message()));
  }
  if (options_.report.empty()) return absl::OkStatus();
  return write_json(options_.report, nlohmann::json::object());
}

absl::Status Training::load() {
  BITTENSOR_RETURN_IF_ERROR(check_files());
  BITTENSOR_ASSIGN_OR_RETURN(std::optional<Earlier> earlier, find_earlier(options_));
  next_save_ = executor_.now() + save_interval();
  return earlier ? resume(*std::move(earlier)) : absl::OkStatus();
}

absl::Status Training::resume(Earlier earlier) {
  Checkpoint& last = earlier.last;
  auto fits = restore(last, kind_, synapse_, &router_, &optimizer_);
  if (fits.ok() && !earlier.best_synapse.empty()) {
    fits = check_state_dict(synapse_, earlier.best_synapse);
  }
  if (fits.ok() && metagraph_ != nullptr) fits = restore_weights(last.neuron, *metagraph_);
  if (!fits.ok()) {
    return absl::Status(fits.code(), absl::StrCat(earlier.path, ": ", fits.message(),
                                                  "; --from_scratch begins anew"));
  }
  epoch_ = last.epoch;
  step_ = last.step - 1;
  best_test_loss_ = earlier.best_test_loss;
  best_synapse_ = std::move(earlier.best_synapse);
  report_.checkpoint = earlier.path;
  progress_.say(absl::StrFormat("resumes %s after epoch %d, step %d, best test loss %.4f",
                                earlier.path, epoch_, last.step, best_test_loss_));
  progress_.event("resumed", {{"file", earlier.path}, {"epoch", epoch_}, {"step", last.step}});
  if (epoch_ >= options_.epochs) {
    spdlog::warn("nothing left to train: --epochs {} counts from the beginning, and {} are done",
                 options_.epochs, epoch_);
  }
  resumed_ = std::move(last);
  return absl::OkStatus();
}

std::shared_ptr<Synapse> Training::best(const Synapse& synapse) const {
  std::shared_ptr<Synapse> copy = synapse.copy();
  if (!best_synapse_.empty()) {
    const absl::Status fits = load_state_dict(*copy, best_synapse_);
    if (!fits.ok()) spdlog::warn("serves the model as it is: {}", fits.ToString());
  }
  return copy;
}

void Training::say_started(const PublicKey& key, int axon_port,
                           const std::string& metagraph_address) {
  progress_.say(absl::StrCat("neuron ", key.short_hex(), "  axon port ", axon_port, "  metagraph ",
                             metagraph_address, " (others: --bootstrap ", metagraph_address, ")"));
  progress_.event("started",
                  {{"key", key.hex()}, {"axon_port", axon_port}, {"metagraph", metagraph_address}});
}

// Where the epoch begins, or where an earlier life left it, with its random numbers.
std::int64_t Training::first_step_of_epoch() {
  // Exploration in this epoch is the same whether or not the run was resumed.
  torch::manual_seed(options_.seed * 1'000'003 + static_cast<std::uint64_t>(epoch_));
  const std::int64_t first = epoch_ * steps_per_epoch_;
  if (!resumed_) return first;
  const Checkpoint resumed = *std::exchange(resumed_, std::nullopt);
  const std::int64_t steps_before = steps_per_epoch_of(resumed);
  const std::int64_t done = resumed.step - epoch_ * steps_before;
  if (steps_before == 0 || done <= 0) return first;
  if (steps_before != steps_per_epoch_ || done > steps_per_epoch_) {
    spdlog::warn("epoch {} begins anew: it had {} steps, and has {}", epoch_ + 1, steps_before,
                 steps_per_epoch_);
    return first;
  }
  const absl::Status random = restore_random(resumed.neuron);
  if (!random.ok()) spdlog::warn("goes on with other random numbers: {}", random.ToString());
  return first + done;
}

bool Training::next_epoch(std::int64_t steps, std::int64_t images) {
  if (StopSignal::requested() || epoch_ >= options_.epochs) return false;
  steps_per_epoch_ = steps;
  end_of_epoch_ = (epoch_ + 1) * steps;
  step_ = first_step_of_epoch() - 1;
  shown_.epoch = static_cast<int>(epoch_) + 1;
  shown_.epochs = options_.epochs;
  shown_.images = std::min((step_ + 1 - epoch_ * steps) * options_.batch_size_train, images);
  shown_.images_in_epoch = images;
  progress_.start_epoch(shown_.images);
  return true;
}

bool Training::next_step() {
  if (StopSignal::requested() || due_to_save()) save_last();
  if (!status().ok() || step_ + 1 >= end_of_epoch_) return false;
  ++step_;
  const double rate = learning_rate();
  for (auto& group : optimizer_.param_groups()) group.options().set_lr(rate);
  return true;
}

double Training::learning_rate() const {
  return learning_rate_of(schedule_, options_.learning_rate, step_, steps_per_epoch_,
                          options_.epochs);
}

void Training::say_alone(const TestResult& test) {
  progress_.say(
      absl::StrFormat("alone: test accuracy %.2f %%, loss %.4f", 100 * test.accuracy, test.loss));
  progress_.event("alone", {{"accuracy", test.accuracy}, {"loss", test.loss}});
}

absl::Status Training::status() const {
  if (!StopSignal::requested()) return diverged_;
  if (saved_step_ != step_ + 1) return absl::CancelledError("stopped before training was done");
  return absl::CancelledError(
      absl::StrCat("stopped before training was done; started again, it goes on from ",
                   last_checkpoint_path(options_)));
}

void Training::Mean::add(const at::Tensor& value) {
  if (!value.defined()) return;  // a step without the network
  const torch::NoGradGuard no_grad;
  sum = steps == 0 ? value.detach().clone() : sum + value;
  ++steps;
}

double Training::Mean::take() {
  const double mean = steps > 0 ? sum.item<double>() / steps : 0;
  *this = {};
  return mean;
}

void Training::show(const SynapseOutput& output, std::int64_t images, std::size_t peers,
                    const Dendrite::Stats& answers, const std::vector<SynapseRecord>& synapses,
                    const at::Tensor& weights) {
  local_loss_.add(output.local_target_loss);
  network_loss_.add(output.network_target_loss);
  distillation_loss_.add(output.distillation_loss);
  shown_.images += images;
  const bool last = step_ + 1 == end_of_epoch_;
  const bool interval = (step_ + 1) % options_.log_interval == 0;
  if (!last && !progress_.due(interval)) return;
  shown_.local_loss = local_loss_.take();
  shown_.network_loss = network_loss_.take();
  shown_.distillation_loss = distillation_loss_.take();
  if (!std::isfinite(shown_.local_loss + shown_.network_loss)) {
    diverged_ = absl::InternalError(
        absl::StrCat("the loss is not finite at step ", step_, ": lower --learning_rate"));
  }
  shown_.peers = peers;
  shown_.answers_ok = answers.ok;
  shown_.answers_failed = answers.failed;
  // A step that asked nobody says nothing about them.
  if (!synapses.empty() || peers == 0) {
    shown_.weights = named_weights(synapses, weights, kWeightsShown);
  }
  progress_.show(shown_);
}

bool Training::finish_epoch(const TestResult& test, const std::string& details) {
  if (StopSignal::requested()) {
    save_last();
    return false;
  }
  ++epoch_;
  const bool best = test.loss < best_test_loss_;  // False for NaN.
  progress_.say(absl::StrFormat("epoch %d: local test accuracy %.2f %%, loss %.4f%s%s, after %s%s",
                                epoch_, 100 * test.accuracy, test.loss, details.empty() ? "" : ", ",
                                details, duration_text(progress_.training_seconds()),
                                best ? "" : " (not the best)"));
  if (best) best_test_loss_ = test.loss;
  save_last();
  if (!best) return false;
  const std::string path = checkpoint_path(options_);
  note_saved(path, save_to(path));
  if (save_status_.ok()) report_.checkpoint = path;
  return true;
}

Duration Training::save_interval() const {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(options_.save_interval));
}

bool Training::due_to_save() const {
  return saved_step_ != step_ + 1 && executor_.now() >= next_save_;
}

// A model that is broken is not saved over a good one.
void Training::save_last() {
  if (saved_step_ == step_ + 1 && saved_epoch_ == epoch_) return;
  for (const at::Tensor& parameter : parameters_of({&synapse_, &router_})) {
    if (all_finite(parameter)) continue;
    diverged_ = absl::InternalError(
        absl::StrCat("a parameter is not finite at step ", step_, ": lower --learning_rate"));
    return;
  }
  const std::string path = last_checkpoint_path(options_);
  note_saved(path, save_to(path));
  if (save_status_.ok()) {
    saved_step_ = step_ + 1;
    saved_epoch_ = epoch_;
  }
  next_save_ = executor_.now() + save_interval();
  trim_allocator();  // Of what was written, and of peers that are gone.
}

absl::Status Training::save_to(const std::string& path) {
  Checkpoint checkpoint;
  checkpoint.kind = kind_;
  checkpoint.config = config_of(options_, steps_per_epoch_);
  checkpoint.config.insert(config_.begin(), config_.end());
  checkpoint.epoch = epoch_;
  checkpoint.step = step_ + 1;
  checkpoint.best_test_loss = best_test_loss_;
  checkpoint.synapse = state_dict(synapse_);
  checkpoint.router = state_dict(router_);
  checkpoint.neuron = neuron_state(metagraph_);
  BITTENSOR_ASSIGN_OR_RETURN(checkpoint.optimizer, optimizer_state(optimizer_));
  return save_checkpoint(path, checkpoint);
}

// Says it once while saving fails for one reason, and once when it works again.
void Training::note_saved(const std::string& path, const absl::Status& status) {
  if (status.ok()) {
    if (!save_status_.ok()) spdlog::warn("{} is saved again", path);
    progress_.event("saved", {{"file", path}, {"epoch", epoch_}, {"step", step_ + 1}});
    if (report_.checkpoint.empty()) report_.checkpoint = path;
  } else if (status != save_status_) {
    spdlog::error("{}", status.ToString());
  }
  save_status_ = status;
}

absl::Status Training::finish(const TestResult& local, const TestResult& network,
                              const Dendrite::Stats& answers,
                              const std::vector<SynapseRecord>& synapses, const at::Tensor& weights,
                              const nlohmann::json& more) {
  report_.local_accuracy = local.accuracy;
  report_.test_loss = local.loss;
  report_.network_accuracy = network.accuracy;
  report_.images_per_second = progress_.images_per_second();
  report_.answers_ok = answers.ok;
  report_.answers_failed = answers.failed;
  report_.weights = named_weights(synapses, weights, synapses.size());
  std::string weights_text;
  for (const auto& [key, weight] : report_.weights) {
    absl::StrAppendFormat(&weights_text, " %s %.3f", key, weight);
  }
  progress_.say(absl::StrFormat(
      "local test accuracy %.2f %%  network test accuracy %.2f %%  test loss %.4f  %.0f samples/s  "
      "answers %d ok %d failed  weights%s  checkpoint %s",
      100 * report_.local_accuracy, 100 * report_.network_accuracy, report_.test_loss,
      report_.images_per_second, answers.ok, answers.failed, weights_text, report_.checkpoint));
  nlohmann::json report = to_json(report_);
  report.update(more);
  progress_.event("report", report);
  if (!options_.report.empty()) {
    BITTENSOR_RETURN_IF_ERROR(write_json(options_.report, report));
  }
  if (options_.stay) {
    progress_.say("goes on serving; Ctrl-C stops it");
    while (!StopSignal::wait_for(std::chrono::hours(1))) {
    }
  }
  return save_status_;
}

}  // namespace bittensor
