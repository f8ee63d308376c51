// SPDX-License-Identifier: MIT
#include "bittensor/neuron/program.h"

#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <utility>

#include "torch/torch.h"

#include "bittensor/base/abbreviated.h"
#include "bittensor/base/allocator.h"
#include "bittensor/base/file_limit.h"
#include "bittensor/base/logging.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/neuron/neuron.h"
#include "bittensor/neuron/parts.h"

namespace bittensor {
namespace {

// How good the model is, by itself or with what the network says.
TestResult test_local(const NeuronTask& task, Synapse& synapse) {
  synapse.eval();
  return evaluate([&](std::int64_t i) { return task.test(synapse, i); }, task.test_batches,
                  /*network=*/false,
                  [](MiniBatch& batch) {
                    batch.context();
                    batch.forward_local();
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
      torch::nn::utils::clip_grad_norm_(synapse->parameters(), task.max_gradient_norm);
    }
    optimizer->step();
  }
  return test_local(task, *synapse);
}

absl::Status run_neuron(const NeuronOptions& given, NeuronTask task) {
  NeuronOptions options = given;
  if (options.steps > 0) {  // One epoch of so many steps.
    task.train_samples = task.train_samples * options.steps / task.steps_per_epoch;
    task.steps_per_epoch = options.steps;
    options.epochs = 1;
  }

  // Who this neuron is.
  BITTENSOR_ASSIGN_OR_RETURN(const Wallet wallet, open_wallet(options));
  BITTENSOR_ASSIGN_OR_RETURN(const FileLock lock, lock_key(options));

  // The neuron: a metagraph that tells and learns who is there, an axon that serves a copy of the
  // model, a dendrite that asks others, a router that learns whom to ask.
  ThreadExecutor executor;
  BITTENSOR_ASSIGN_OR_RETURN(const auto transport, make_transport(options, wallet, executor));
  BITTENSOR_ASSIGN_OR_RETURN(Neuron::Options parts, neuron_options(options));
  parts.step.max_gradient_norm = task.max_gradient_norm;
  Neuron neuron(std::move(parts), *transport, wallet, executor, task.synapse);
  const auto optimizer = task.optimizer(neuron.parameters());
  Training training(task.kind, options, neuron.synapse(), neuron.router(), *optimizer, executor,
                    &neuron.metagraph(), task.schedule, task.config);
  BITTENSOR_RETURN_IF_ERROR(training.load());
  BITTENSOR_RETURN_IF_ERROR(neuron.start(training.best(neuron.synapse()).get()));
  training.say_started(wallet.key(), neuron.axon().port(), neuron.metagraph().address());

  std::optional<TestResult> alone;
  if (options.control && training.step() < 0) {
    alone = train_alone(options, task);
    BITTENSOR_RETURN_IF_ERROR(training.status());  // Cut short, it says nothing.
    training.say_alone(*alone);
  }
  wait_for_peers(neuron.metagraph(), options);

  std::optional<TestResult> local_test;  // of the last epoch
  const MakeMiniBatch make = [&](std::int64_t step) { return task.train(neuron.synapse(), step); };
  while (training.next_epoch(task.steps_per_epoch, task.train_samples)) {
    neuron.begin_training();
    while (training.next_step()) {
      const auto start = std::chrono::steady_clock::now();
      const TrainingStep::Result result =
          neuron.step(make, training.step(), training.end_of_epoch(), *optimizer);
      rest_as_if_slower(options.slow, std::chrono::steady_clock::now() - start);
      training.show(result.output, options.batch_size_train, neuron.metagraph().size(),
                    neuron.dendrite().stats(), result.synapses, result.weights);
    }
    if (!training.epoch_done()) break;

    // Test with the local path; the best model so far is saved and served.
    local_test = test_local(task, neuron.synapse());
    const std::string details = task.describe ? task.describe(*local_test) : "";
    if (training.finish_epoch(*local_test, details)) neuron.axon().serve(neuron.synapse());
  }
  BITTENSOR_RETURN_IF_ERROR(training.status());

  // How good the model is by itself, and how good with the network.
  if (!local_test) local_test = test_local(task, neuron.synapse());
  const TestResult network_test = test_network(task, neuron);
  BITTENSOR_RETURN_IF_ERROR(training.status());
  const auto synapses = neuron.metagraph().get_synapses(options.max_peers);
  nlohmann::json more = task.report ? task.report(*local_test) : nlohmann::json::object();
  more.update(exchange_of(neuron));
  more["network_test_loss"] = network_test.loss;
  if (alone) {
    more["alone_accuracy"] = alone->accuracy;
    more["alone_test_loss"] = alone->loss;
  }
  return training.finish(*local_test, network_test, neuron.dendrite().stats(), synapses,
                         neuron.metagraph().get_weights(synapses), more);
}

int example_main(int argc, char** argv, const std::string& name, const std::string& description,
                 NeuronOptions options,
                 const std::function<absl::Status(const NeuronOptions&)>& run,
                 const std::function<void(CLI::App&)>& add) {
  tune_allocator();
  raise_file_limit();
  CLI::App app(description, name);
  add_neuron_options(app, options);
  if (add) add(app);
  CLI11_PARSE(app, argc, argv);

  StopSignal::install();
  absl::Status status = start_logging(options.log_level);
  try {
    if (status.ok()) status = run(options);
  } catch (const std::exception& error) {  // libtorch: out of memory, a device that fails
    status = absl::InternalError(error.what());
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s: %s\n", name.c_str(), abbreviated(status.message()).c_str());
  return 1;
}

}  // namespace bittensor
