// SPDX-License-Identifier: MIT
#include "bittensor/neuron/program.h"

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "spdlog/sinks/base_sink.h"
#include "spdlog/spdlog.h"
#include "torch/types.h"

#include "bittensor/base/abbreviated.h"
#include "bittensor/base/allocator.h"
#include "bittensor/base/file_limit.h"
#include "bittensor/base/logging.h"
#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/base/terminal.h"
#include "bittensor/command_line/command_line.h"
#include "bittensor/neuron/clip_gradients.h"
#include "bittensor/neuron/confusion.h"
#include "bittensor/neuron/join_chain.h"
#include "bittensor/neuron/neuron.h"
#include "bittensor/neuron/neuron_display.h"
#include "bittensor/neuron/neuron_watch.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/watch/event_file.h"
#include "bittensor/watch/live_view.h"
#include "bittensor/watch/report_page.h"
#include "bittensor/watch/trace.h"

namespace bittensor {
namespace {

// How good the model is, by itself or with what the network says.
TestResult test_local(const NeuronTask& task, Synapse& synapse, Confusion* confusion = nullptr) {
  synapse.eval();
  return evaluate([&](std::int64_t i) { return task.test(synapse, i); }, task.test_batches,
                  /*network=*/false,
                  [confusion](MiniBatch& batch) {
                    batch.context();
                    batch.forward_local();
                    if (confusion != nullptr) confusion->add(batch);
                  });
}

TestResult test_network(const NeuronTask& task, Neuron& neuron) {
  neuron.synapse().eval();
  neuron.router().eval();
  return evaluate([&](std::int64_t i) { return task.test(neuron.synapse(), i); }, task.test_batches,
                  /*network=*/true, [&](MiniBatch& batch) { neuron.look_network(batch); });
}

// Rests after a step that took so long as if it had taken `times` as long.
void rest_as_if_slower(double times, std::chrono::duration<double> took) {
  if (times <= 1) return;
  StopSignal::wait_for(std::chrono::round<std::chrono::milliseconds>(took * (times - 1)));
}

nlohmann::json to_json(const std::map<PublicKey, Teachers::Count>& teachers) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [key, count] : teachers) {
    json[key.is_zero() ? "all" : key.short_hex()] = {{"gradients", count.gradients},
                                                     {"lesson_rows", count.lessons},
                                                     {"trust", count.trust},
                                                     {"lesson_loss", count.lesson_loss}};
  }
  return json;
}

// What went over the network, for the report.
nlohmann::json exchange_of(Neuron& neuron) {
  const Dendrite::Stats asked = neuron.dendrite().stats();
  const Axon::Stats served = neuron.axon().stats();
  return {{"bytes_sent", asked.traffic.sent + served.bytes_sent},
          {"bytes_received", asked.traffic.received + served.bytes_received},
          {"lessons_given", asked.lessons_given},
          {"lessons_taken", served.lessons},
          {"gradients_given", asked.gradients_given},
          {"gradients_refused", asked.gradients_refused},
          {"gradients_dropped", asked.gradients_dropped},
          {"gradients_taken", served.gradients},
          {"requests_answered", served.answered},
          {"taught_by", to_json(neuron.teachers().counts())}};
}

// Lines of the log that stay above the live view instead of running into it.
class ProgressSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit ProgressSink(Progress& progress) : progress_(progress) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    std::string line(text.data(), text.size());
    while (!line.empty() && line.back() == '\n') line.pop_back();
    progress_.say(line);
  }
  void flush_() override {}

  Progress& progress_;
};

// For as long as it lives the log goes through `progress`, if that draws a live view where the log
// would be seen.
class LogAboveView {
 public:
  explicit LogAboveView(Progress& progress) : before_(spdlog::default_logger()) {
    if (progress.style() != Progress::Style::kLive) return;
    const auto logger =
        std::make_shared<spdlog::logger>("bittensor", std::make_shared<ProgressSink>(progress));
    logger->set_level(before_->level());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %L %v", spdlog::pattern_time_type::utc);
    spdlog::set_default_logger(logger);
  }
  ~LogAboveView() { spdlog::set_default_logger(before_); }
  LogAboveView(const LogAboveView&) = delete;
  LogAboveView& operator=(const LogAboveView&) = delete;

 private:
  const std::shared_ptr<spdlog::logger> before_;
};

// The options that matter most, and the task's own, as a table in Markdown.
std::string config_text(const NeuronOptions& options, const NeuronTask& task) {
  std::string text = "| option | value |\n|---|---|\n";
  const auto add = [&text](const std::string& name, const auto& value) {
    absl::StrAppend(&text, "| ", name, " | ", value, " |\n");
  };
  add("command", absl::StrCat("`", command_line(), "`"));
  add("epochs", options.epochs);
  add("steps_per_epoch", task.steps_per_epoch);
  add("batch_size_train", options.batch_size_train);
  add("learning_rate", options.learning_rate);
  add("momentum", options.momentum);
  add("seed", options.seed);
  for (const auto& [name, value] : task.config) add(name, value);
  return text;
}

void write_report_page(const std::string& path, const NeuronState& state,
                       const nlohmann::json& report) {
  const std::string title = absl::StrCat(state.neuron.program, ": ", state.neuron.name);
  const std::vector<ReportedNeuron> neurons(1, ReportedNeuron{state, report});
  const std::string page = report_page(title, neurons, command_line());
  const absl::Status written = write_whole_file(path, {page});
  if (!written.ok()) spdlog::warn("{}", written.ToString());
}

}  // namespace

TestResult train_alone(const NeuronOptions& options, const NeuronTask& task) {
  const std::shared_ptr<Synapse> synapse = task.synapse->copy();
  const auto optimizer = task.optimizer(synapse->parameters());
  const std::int64_t steps = options.epochs * task.steps_per_epoch;
  synapse->train();
  for (std::int64_t step = 0; step < steps && !StopSignal::requested(); ++step) {
    const double rate = learning_rate_of(task.schedule, options.learning_rate, step,
                                         task.steps_per_epoch, options.epochs);
    for (auto& group : optimizer->param_groups()) group.options().set_lr(rate);
    const auto batch = task.train(*synapse, step);
    batch->context();
    const at::Tensor loss = batch->forward_local().loss;
    optimizer->zero_grad();
    loss.backward();
    if (task.max_gradient_norm > 0) {
      clip_gradients(synapse->parameters(), task.max_gradient_norm);
    }
    optimizer->step();
  }
  return test_local(task, *synapse);
}

NeuronProgram::NeuronProgram(const NeuronOptions& options) : options_(options) {}

NeuronProgram::~NeuronProgram() = default;

absl::StatusOr<std::unique_ptr<NeuronProgram>> NeuronProgram::start(const NeuronOptions& options,
                                                                    const std::string& kind) {
  std::unique_ptr<NeuronProgram> program(new NeuronProgram(options));
  NeuronDisplay::Hooks hooks;
  const Progress::Style style = Progress::style_of(progress_style(options));
  if (style == Progress::Style::kLive) {
    hooks.draw = [self = program.get()](const NeuronState& state) {
      const TerminalSize size = terminal_size();
      if (Progress* to = self->progress_) to->draw(live_view(state, size.columns, size.rows - 1));
    };
  }
  if (style == Progress::Style::kJson) {  // Whoever reads that need not read the log.
    hooks.say = [self = program.get(), style](const std::string& line) {
      Progress(style, self->executor_).say(line);
    };
  }
  BITTENSOR_ASSIGN_OR_RETURN(NeuronStart start,
                             start_neuron(options, kind, program->executor_, std::move(hooks)));
  program->wallet_.emplace(std::move(start.wallet));
  program->lock_.emplace(std::move(start.lock));
  program->display_ = std::move(start.display);
  return program;
}

Watch::Wait NeuronProgram::wait(std::string what, std::optional<Duration> at_most) {
  std::optional<TimePoint> until;
  if (at_most) until = executor_.now() + *at_most;
  return display_->watch().wait(std::move(what), until);
}

absl::Status NeuronProgram::run(NeuronTask task) {
  if (options_.steps > 0) {  // One epoch of so many steps.
    task.train_samples = task.train_samples * options_.steps / task.steps_per_epoch;
    task.steps_per_epoch = options_.steps;
    options_.epochs = 1;
  }
  const NeuronOptions& options = options_;
  Watch& watch = display_->watch();
  NeuronWatch& neuron_watch = display_->neuron_watch();
  const std::string name_of_task = task.synapse->schema().task.name;
  display_->describe(name_of_task, "");
  std::unique_ptr<Trace> trace;
  if (!options.trace_file.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(trace, Trace::create(options.trace_file, executor_));
  }
  BITTENSOR_ASSIGN_OR_RETURN(const auto chain, join_chain(options, *wallet_, watch));

  // The neuron: a metagraph that tells and learns who is there, an axon that serves a copy of the
  // model, a dendrite that asks others, a router that learns whom to ask.
  BITTENSOR_ASSIGN_OR_RETURN(const auto transport, make_transport(options, *wallet_, executor_));
  Neuron::Options parts = neuron_options(options);
  parts.step.max_gradient_norm = task.max_gradient_norm;
  parts.watch = &watch;
  parts.trace = trace.get();
  parts.metagraph.chain = chain.get();
  Neuron neuron(std::move(parts), *transport, *wallet_, executor_, task.synapse);
  const auto optimizer = task.optimizer(neuron.parameters());
  Training training(task.kind, options, neuron.synapse(), neuron.router(), *optimizer, executor_,
                    &neuron.metagraph(), task.schedule, task.config);
  training.show_to(watch);
  progress_ = &training.progress();
  const LogAboveView log_above(training.progress());
  // Before what it looks at goes, whichever way this ends.
  const absl::Cleanup end_watch = [&] {
    display_->detach();
    neuron_watch.stop();
    training.progress().clear();
  };
  display_->attach(neuron.metagraph(), neuron.axon(), neuron.dendrite());
  BITTENSOR_RETURN_IF_ERROR(training.load());
  BITTENSOR_RETURN_IF_ERROR(neuron.start(training.best(neuron.synapse()).get()));
  display_->describe(name_of_task, axon_address(neuron.metagraph(), neuron.axon()));
  if (EventFile* file = neuron_watch.event_file()) {
    file->add_text("config", 0, watch.unix_s(), config_text(options, task));
  }
  training.say_started(wallet_->key(), neuron.axon().port(), neuron.metagraph().address(),
                       display_->url());

  std::optional<TestResult> alone;
  if (options.control && training.step() < 0) {
    watch.set_phase(Watch::Phase::kTraining);
    const Watch::Wait wait = watch.wait("the control: the same model, without the network");
    alone = train_alone(options, task);
    BITTENSOR_RETURN_IF_ERROR(training.status());  // Cut short, it says nothing.
    training.say_alone(*alone);
  }
  watch.set_phase(Watch::Phase::kWaiting);
  wait_for_peers(neuron.metagraph(), options, &watch);

  std::optional<TestResult> local_test;  // of the last epoch
  Confusion confusion;                   // of the same
  const MakeMiniBatch make = [&](std::int64_t step) { return task.train(neuron.synapse(), step); };
  while (training.next_epoch(task.steps_per_epoch, task.train_samples)) {
    neuron.begin_training();
    while (training.next_step()) {
      const auto start = std::chrono::steady_clock::now();
      const bool looked_at = watch.wants_loss();
      const TrainingStep::Result result =
          neuron.step(make, training.step(), training.end_of_epoch(), *optimizer);
      rest_as_if_slower(options.slow, std::chrono::steady_clock::now() - start);
      if (looked_at && result.route.scores.defined() && !result.synapses.empty()) {
        neuron_watch.add_scores(result.synapses, result.route.scores.mean(0));
      }
      training.show(result.output, options.batch_size_train, neuron.metagraph().size(),
                    neuron.dendrite().stats(), result.synapses, result.weights);
    }
    if (!training.epoch_done()) break;

    // Test with the local path; the best model so far is saved and served.
    watch.set_phase(Watch::Phase::kTesting);
    confusion = {};
    local_test = test_local(task, neuron.synapse(), &confusion);
    const std::string details = task.describe ? task.describe(*local_test) : "";
    if (training.finish_epoch(*local_test, details)) neuron.axon().serve(neuron.synapse());
  }
  BITTENSOR_RETURN_IF_ERROR(training.status());

  // How good the model is by itself, and how good with the network.
  watch.set_phase(Watch::Phase::kTesting);
  if (!local_test) local_test = test_local(task, neuron.synapse(), &confusion);
  const TestResult network_test = test_network(task, neuron);
  BITTENSOR_RETURN_IF_ERROR(training.status());
  const auto synapses = neuron.metagraph().get_synapses(options.step.max_peers);
  nlohmann::json more = task.report ? task.report(*local_test) : nlohmann::json::object();
  more.update(exchange_of(neuron));
  more["network_test_loss"] = network_test.loss;
  if (alone) {
    more["alone_accuracy"] = alone->accuracy;
    more["alone_test_loss"] = alone->loss;
  }
  if (!confusion.empty()) more["confusion"] = confusion.counts();
  const absl::Status reported =
      training.finish(*local_test, network_test, neuron.dendrite().stats(), synapses,
                      neuron.metagraph().get_weights(synapses), more);
  if (EventFile* file = neuron_watch.event_file()) {
    for (const Confusion::Misread& each : confusion.misread()) {
      file->add_image(absl::StrCat("test/misread/", each.label, " taken for ", each.predicted),
                      training.step() + 1, watch.unix_s(), each.picture);
    }
  }
  neuron_watch.look();
  if (options.report_page) {
    write_report_page(files_prefix(options) + ".report.html", neuron_watch.state(),
                      training.report());
  }
  // Whoever reads this finds the files there.
  training.say_report();
  BITTENSOR_RETURN_IF_ERROR(reported);
  return training.stay();
}

int example_main(int argc, char** argv, const std::string& name, const std::string& description,
                 NeuronOptions options,
                 const std::function<absl::Status(const NeuronOptions&)>& run,
                 const std::function<void(CLI::App&)>& add) {
  tune_allocator();
  raise_file_limit();
  // `bittensor neuron mnist` becomes this program under that name.
  const bool renamed = argc > 0 && absl::StartsWith(argv[0], "bittensor ");
  CLI::App app(description, renamed ? argv[0] : name);
  add_neuron_options(app, options);
  if (add) add(app);
  if (const auto status = read_command_line(app, argc, argv)) return *status;

  StopSignal::install();
  absl::Status status = start_logging(options.quiet ? "warning" : options.log_level);
  try {
    if (status.ok()) status = run(options);
  } catch (const std::exception& error) {  // libtorch: out of memory, a device that fails
    status = absl::InternalError(error.what());
  }
  if (status.ok()) return kExitDone;
  std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), abbreviated(status.message()).c_str());
  return kExitFailed;
}

}  // namespace bittensor
