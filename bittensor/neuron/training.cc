// SPDX-License-Identifier: MIT
#include "bittensor/neuron/training.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "spdlog/spdlog.h"
#include "torch/torch.h"

#include "bittensor/base/json_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/toolbox/checkpoint.h"

namespace bittensor {
namespace {

void add_to(at::Tensor& sum, const at::Tensor& value) {
  if (!value.defined()) return;
  const torch::NoGradGuard no_grad;
  sum = sum.defined() ? sum + value : value.detach().clone();
}

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

std::map<std::string, std::string> config_of(const NeuronOptions& options) {
  return {{"batch_size_train", absl::StrCat(options.batch_size_train)},
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

Training::Training(std::string kind, const NeuronOptions& options, torch::nn::Module& synapse,
                   torch::nn::Module& router, torch::optim::Optimizer& optimizer,
                   Executor& executor, Schedule schedule)
    : kind_(std::move(kind)),
      options_(options),
      synapse_(synapse),
      router_(router),
      optimizer_(optimizer),
      schedule_(schedule),
      progress_(Progress::style_of(options.progress), executor),
      best_test_loss_(std::numeric_limits<double>::infinity()) {}

// Now rather than after hours of training.
absl::Status Training::check_report_file() const {
  if (options_.report.empty()) return absl::OkStatus();
  return write_json(options_.report, nlohmann::json::object());
}

absl::Status Training::load() {
  BITTENSOR_RETURN_IF_ERROR(check_report_file());
  if (options_.load_model.empty()) return absl::OkStatus();
  BITTENSOR_ASSIGN_OR_RETURN(const Checkpoint checkpoint, load_latest(options_.load_model));
  const auto fits = restore(checkpoint, kind_, synapse_, &router_, &optimizer_);
  if (!fits.ok()) {
    return absl::Status(fits.code(), absl::StrCat(options_.load_model, ": ", fits.message()));
  }
  epoch_ = checkpoint.epoch;
  step_ = checkpoint.step - 1;
  best_test_loss_ = checkpoint.best_test_loss;
  report_.checkpoint = options_.load_model;
  progress_.say(absl::StrFormat("resumes %s after epoch %d, test loss %.4f", options_.load_model,
                                epoch_, best_test_loss_));
  if (epoch_ >= options_.epochs) {
    spdlog::warn("nothing left to train: --epochs {} counts from the beginning, and {} are done",
                 options_.epochs, epoch_);
  }
  return absl::OkStatus();
}

void Training::say_started(const PublicKey& key, int axon_port,
                           const std::string& metagraph_address) {
  progress_.say(absl::StrCat("neuron ", key.short_hex(), "  axon port ", axon_port, "  metagraph ",
                             metagraph_address, " (others: --bootstrap ", metagraph_address, ")"));
  progress_.event("started",
                  {{"key", key.hex()}, {"axon_port", axon_port}, {"metagraph", metagraph_address}});
}

bool Training::next_epoch(std::int64_t steps, std::int64_t images) {
  if (StopSignal::requested() || epoch_ >= options_.epochs) return false;
  steps_per_epoch_ = steps;
  step_ = epoch_ * steps - 1;
  end_of_epoch_ = (epoch_ + 1) * steps;
  // Exploration in this epoch is the same whether or not the run was resumed.
  torch::manual_seed(options_.seed * 1'000'003 + static_cast<std::uint64_t>(epoch_));
  shown_.epoch = static_cast<int>(epoch_) + 1;
  shown_.epochs = options_.epochs;
  shown_.images = 0;
  shown_.images_in_epoch = images;
  progress_.start_epoch();
  return true;
}

bool Training::next_step() {
  if (!status().ok() || step_ + 1 >= end_of_epoch_) return false;
  ++step_;
  const double rate = learning_rate();
  for (auto& group : optimizer_.param_groups()) group.options().set_lr(rate);
  return true;
}

double Training::learning_rate() const {
  if (schedule_ == Schedule::kOneCycle) {
    return one_cycle_at(options_.learning_rate, step_, options_.epochs * steps_per_epoch_);
  }
  return learning_rate_at(options_.learning_rate, step_, steps_per_epoch_);
}

absl::Status Training::status() const {
  if (StopSignal::requested()) return absl::CancelledError("stopped before training was done");
  return diverged_;
}

double Training::mean_since_shown(at::Tensor& sum) const {
  if (!sum.defined()) return 0;
  const double mean = sum.item<double>() / steps_since_shown_;
  sum = at::Tensor();
  return mean;
}

void Training::show(const SynapseOutput& output, std::int64_t images, std::size_t peers,
                    const Dendrite::Stats& answers, const std::vector<SynapseRecord>& synapses,
                    const at::Tensor& weights) {
  add_to(local_loss_, output.local_target_loss);
  add_to(network_loss_, output.network_target_loss);
  add_to(distillation_loss_, output.distillation_loss);
  ++steps_since_shown_;
  shown_.images += images;
  const bool last = step_ + 1 == end_of_epoch_;
  const bool interval = (step_ + 1) % options_.log_interval == 0;
  if (!last && !progress_.due(interval)) return;
  shown_.local_loss = mean_since_shown(local_loss_);
  shown_.network_loss = mean_since_shown(network_loss_);
  shown_.distillation_loss = mean_since_shown(distillation_loss_);
  steps_since_shown_ = 0;
  if (!std::isfinite(shown_.local_loss + shown_.network_loss)) {
    diverged_ = absl::InternalError(
        absl::StrCat("the loss is not finite at step ", step_, ": lower --learning_rate"));
  }
  shown_.peers = peers;
  shown_.answers_ok = answers.ok;
  shown_.answers_failed = answers.failed;
  shown_.weights = named_weights(synapses, weights, kWeightsShown);
  progress_.show(shown_);
}

bool Training::finish_epoch(const TestResult& test) {
  ++epoch_;
  const bool best = test.loss < best_test_loss_;  // False for NaN.
  progress_.say(absl::StrFormat("epoch %d: local test accuracy %.2f %%, loss %.4f, after %s%s",
                                epoch_, 100 * test.accuracy, test.loss,
                                duration_text(progress_.training_seconds()),
                                best ? "" : " (not the best so far: not saved)"));
  if (!best) return false;
  best_test_loss_ = test.loss;
  save_status_ = save();
  if (!save_status_.ok()) spdlog::error("{}", save_status_.ToString());
  return true;
}

absl::Status Training::save() {
  Checkpoint checkpoint;
  checkpoint.kind = kind_;
  checkpoint.config = config_of(options_);
  checkpoint.epoch = epoch_;
  checkpoint.step = step_ + 1;
  checkpoint.best_test_loss = best_test_loss_;
  checkpoint.synapse = state_dict(synapse_);
  checkpoint.router = state_dict(router_);
  BITTENSOR_ASSIGN_OR_RETURN(checkpoint.optimizer, optimizer_state(optimizer_));
  const std::string path = checkpoint_path(options_);
  BITTENSOR_RETURN_IF_ERROR(save_checkpoint(path, checkpoint));
  report_.checkpoint = path;
  return absl::OkStatus();
}

absl::Status Training::finish(const TestResult& local, const TestResult& network,
                              const Dendrite::Stats& answers,
                              const std::vector<SynapseRecord>& synapses,
                              const at::Tensor& weights) {
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
      "local test accuracy %.2f %%  network test accuracy %.2f %%  test loss %.4f  %.0f images/s  "
      "answers %d ok %d failed  weights%s  checkpoint %s",
      100 * report_.local_accuracy, 100 * report_.network_accuracy, report_.test_loss,
      report_.images_per_second, answers.ok, answers.failed, weights_text, report_.checkpoint));
  progress_.event("report", to_json(report_));
  if (!options_.report.empty()) {
    BITTENSOR_RETURN_IF_ERROR(write_json(options_.report, to_json(report_)));
  }
  if (options_.stay) {
    progress_.say("goes on serving; Ctrl-C stops it");
    while (!StopSignal::wait_for(std::chrono::hours(1))) {
    }
  }
  return save_status_;
}

std::vector<at::Tensor> parameters_of(const std::vector<torch::nn::Module*>& modules) {
  std::vector<at::Tensor> parameters;
  for (const torch::nn::Module* module : modules) {
    for (at::Tensor& parameter : module->parameters()) parameters.push_back(std::move(parameter));
  }
  return parameters;
}

bool any_answer(const std::vector<Answer>& answers) {
  for (const Answer& answer : answers) {
    if (answer.status.ok() && answer.output.defined() && answer.output.size(0) > 0) return true;
  }
  return false;
}

}  // namespace bittensor
