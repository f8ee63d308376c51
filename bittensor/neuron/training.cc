// SPDX-License-Identifier: MIT
#include "bittensor/neuron/training.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "spdlog/spdlog.h"
#include "torch/nn/module.h"
#include "torch/optim/optimizer.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/json_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/neuron/parts.h"

namespace bittensor {
namespace {

constexpr std::size_t kWeightsShown = 5;  // in a line of progress

}  // namespace

Training::Training(std::string kind, const NeuronOptions& options, torch::nn::Module& synapse,
                   torch::nn::Module& router, torch::optim::Optimizer& optimizer,
                   Executor& executor, Metagraph* metagraph, Schedule schedule,
                   std::map<std::string, std::string> config)
    : options_(options),
      optimizer_(optimizer),
      schedule_(schedule),
      progress_(Progress::style_of(progress_style(options)), executor),
      checkpoints_(std::move(kind), options, synapse, router, optimizer, executor, metagraph,
                   std::move(config), progress_),
      final_report_(std::make_shared<nlohmann::json>()) {}

absl::Status Training::load() {
  BITTENSOR_ASSIGN_OR_RETURN(const TrainingPosition resumed, checkpoints_.load());
  epoch_ = resumed.epochs_done;
  step_ = resumed.steps_done - 1;
  if (epoch_ > 0 && epoch_ >= options_.epochs) {
    spdlog::warn("nothing left to train: --epochs {} counts from the beginning, and {} are done",
                 options_.epochs, epoch_);
  }
  return options_.report.empty() ? absl::OkStatus()
                                 : write_json(options_.report, nlohmann::json::object());
}

void Training::say_started(const PublicKey& key, int axon_port,
                           const std::string& metagraph_address, const std::string& dashboard_url) {
  progress_.say(absl::StrCat("neuron ", key.short_hex(), "  axon port ", axon_port,
                             metagraph_address.empty()
                                 ? "  on the chain"
                                 : absl::StrCat("  metagraph ", metagraph_address,
                                                " (others: --bootstrap ", metagraph_address, ")")));
  if (!dashboard_url.empty()) progress_.say(absl::StrCat("its page: ", dashboard_url));
  progress_.event("started", {{"key", key.hex()},
                              {"axon_port", axon_port},
                              {"metagraph", metagraph_address},
                              {"dashboard", dashboard_url}});
}

void Training::say_alone(const TestResult& test) {
  progress_.say(
      absl::StrFormat("alone: test accuracy %.2f %%, loss %.4f", 100 * test.accuracy, test.loss));
  progress_.event("alone", {{"accuracy", test.accuracy}, {"loss", test.loss}});
  if (watch_ != nullptr) watch_->add_accuracy({test.accuracy, {}, {}});
}

bool Training::next_epoch(std::int64_t steps, std::int64_t images) {
  if (StopSignal::requested() || epoch_ >= options_.epochs) return false;
  steps_per_epoch_ = steps;
  end_of_epoch_ = (epoch_ + 1) * steps;
  step_ = checkpoints_.begin_epoch(epoch_, steps) - 1;
  shown_.epoch = static_cast<int>(epoch_) + 1;
  shown_.epochs = options_.epochs;
  shown_.images = std::min((step_ + 1 - epoch_ * steps) * options_.batch_size_train, images);
  shown_.images_in_epoch = images;
  progress_.start_epoch(shown_.images);
  if (watch_ != nullptr) {
    watch_->step_done(step_ + 1, 0);
    watch_->begin_epoch(epoch_ + 1, options_.epochs, steps);
    watch_->set_phase(Watch::Phase::kTraining);
  }
  return true;
}

void Training::save_position() {
  if (watch_ == nullptr) return checkpoints_.save_position(position());
  const bool had = checkpoints_.has(position());
  const Watch::Phase phase = watch_->set_phase(Watch::Phase::kSaving);
  checkpoints_.save_position(position());
  watch_->set_phase(phase);
  if (!had && checkpoints_.has(position())) {
    watch_->add_event(NeuronState::EventKind::kSaved,
                      absl::StrCat("saved ", last_checkpoint_path(options_), " after step ",
                                   position().steps_done));
  }
}

bool Training::next_step() {
  if (StopSignal::requested() || checkpoints_.due(position())) save_position();
  if (!status().ok() || step_ + 1 >= end_of_epoch_) return false;
  ++step_;
  const double rate =
      learning_rate_of(schedule_, options_.learning_rate, step_, steps_per_epoch_, options_.epochs);
  for (auto& group : optimizer_.param_groups()) group.options().set_lr(rate);
  return true;
}

absl::Status Training::status() const {
  if (!StopSignal::requested()) return diverged_.ok() ? checkpoints_.broken() : diverged_;
  if (!checkpoints_.has(position()))
    return absl::CancelledError("stopped before training was done");
  return absl::CancelledError(
      absl::StrCat("stopped before training was done; started again, it resumes from ",
                   last_checkpoint_path(options_)));
}

// With a look-ahead, answers arrive some steps before the one that they are for, and in bursts.
void Training::count_help(std::uint64_t answers, std::size_t asked) {
  ++report_.steps;
  unused_answers_ += answers - report_.answers_ok;
  report_.answers_ok = answers;
  if (unused_answers_ == 0) return;
  ++report_.steps_helped;
  unused_answers_ -= std::min<std::uint64_t>(unused_answers_, std::max<std::size_t>(asked, 1));
}

void Training::show(const SynapseOutput& output, std::int64_t images, std::size_t peers,
                    const Dendrite::Stats& answers, const std::vector<SynapseRecord>& synapses,
                    const at::Tensor& weights) {
  local_loss_.add(output.local_target_loss);
  network_loss_.add(output.network_target_loss);
  distillation_loss_.add(output.distillation_loss);
  shown_.images += images;
  count_help(answers.ok, synapses.size());
  const bool last = step_ + 1 == end_of_epoch_;
  const bool interval = (step_ + 1) % options_.log_interval == 0;
  if (!last && !progress_.due(interval)) return;
  shown_.local_loss = local_loss_.take();
  const std::optional<double> network_loss = network_loss_.take_if_any();
  shown_.network_loss = network_loss.value_or(std::nan(""));
  shown_.distillation_loss = distillation_loss_.take();
  if (!std::isfinite(shown_.local_loss + network_loss.value_or(0))) {
    diverged_ = absl::InternalError(
        absl::StrCat("the loss is not finite at step ", step_, ": lower --learning_rate"));
  }
  shown_.peers = peers;
  shown_.answers_ok = answers.ok;
  shown_.answers_failed = answers.failed;
  // A step that asked nobody says nothing about them.
  if (!synapses.empty() || peers == 0) {
    shown_.weights = largest_weights(synapses, weights, kWeightsShown);
  }
  progress_.show(shown_);
}

bool Training::finish_epoch(const TestResult& test, const std::string& details) {
  if (StopSignal::requested()) {
    save_position();
    return false;
  }
  ++epoch_;
  if (watch_ != nullptr) watch_->add_accuracy({{}, test.accuracy, {}});
  progress_.say(absl::StrFormat("epoch %d: local test accuracy %.2f %%, loss %.4f%s%s, after %s%s",
                                epoch_, 100 * test.accuracy, test.loss, details.empty() ? "" : ", ",
                                details, duration_text(progress_.training_seconds()),
                                checkpoints_.is_best(test.loss) ? "" : " (not the best)"));
  if (watch_ == nullptr) return checkpoints_.save_epoch(position(), test.loss);
  const Watch::Phase phase = watch_->set_phase(Watch::Phase::kSaving);
  const bool best = checkpoints_.save_epoch(position(), test.loss);
  watch_->set_phase(phase);
  if (best) {
    watch_->add_event(NeuronState::EventKind::kBest,
                      absl::StrFormat("the best so far after epoch %d: test accuracy %.2f %%, loss "
                                      "%.4f, saved as %s",
                                      epoch_, 100 * test.accuracy, test.loss, checkpoints_.file()));
  }
  return best;
}

absl::Status Training::finish(const TestResult& local, const TestResult& network,
                              const Dendrite::Stats& answers,
                              const std::vector<SynapseRecord>& synapses,
                              const at::Tensor& weights) {
  return finish(local, network, answers, synapses, weights, nlohmann::json::object());
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
  report_.weights = largest_weights(synapses, weights, synapses.size());
  report_.checkpoint = checkpoints_.file();
  nlohmann::json& all = *final_report_;
  all = to_json(report_);
  all.update(more);
  if (watch_ != nullptr) {
    watch_->add_accuracy({{}, local.accuracy, network.accuracy});
    watch_->set_phase(Watch::Phase::kEnded);
  }
  return options_.report.empty() ? absl::OkStatus() : write_json(options_.report, all);
}

void Training::say_report() {
  progress_.clear();
  progress_.say(to_text(report_));
  progress_.event("report", *final_report_);
}

absl::Status Training::stay() {
  if (options_.stay) {
    progress_.say("continues to serve; Ctrl-C stops it");
    std::optional<Watch::Wait> wait;
    if (watch_ != nullptr) wait.emplace(watch_->wait("the signal to stop: it goes on serving"));
    while (!StopSignal::wait_for(std::chrono::hours(1))) {
    }
  }
  return checkpoints_.status();
}

}  // namespace bittensor
