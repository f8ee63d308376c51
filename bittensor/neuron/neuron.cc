// SPDX-License-Identifier: MIT
#include "bittensor/neuron/neuron.h"

#include <cstdio>
#include <exception>
#include <utility>

#include "torch/torch.h"

#include "bittensor/base/allocator.h"
#include "bittensor/base/file_limit.h"
#include "bittensor/base/logging.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/neuron/look_ahead.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/router/contribution.h"
#include "bittensor/router/router.h"
#include "bittensor/router/weight_average.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxPeers = 100;  // known synapses that the router chooses from

// Who is alone asks itself, in one step of so many: it hears nothing new, but stays able to make
// use of a network that comes.
constexpr std::int64_t kAsksItselfEvery = 8;

// A mini-batch, and what the network is asked about it.
struct Asked {
  std::unique_ptr<MiniBatch> batch;
  Route route;
  Dendrite::Pending pending;
};

// Forgets the gradients instead of writing zeros, which backward() would read again.
void forget_gradients(torch::optim::Optimizer& optimizer) {
  for (auto& group : optimizer.param_groups()) {
    for (at::Tensor& parameter : group.params()) parameter.mutable_grad() = at::Tensor();
  }
}

}  // namespace

absl::Status run_neuron(const NeuronOptions& options, const NeuronTask& task) {
  Synapse& synapse = *task.synapse;

  // Who this neuron is.
  BITTENSOR_ASSIGN_OR_RETURN(const Wallet wallet, open_wallet(options));
  BITTENSOR_ASSIGN_OR_RETURN(const FileLock lock, lock_key(options));

  // The network: a metagraph that tells and learns who is there, an axon that serves a copy of
  // the model, a dendrite that asks others, a router that learns whom to ask.
  ThreadExecutor executor;
  BITTENSOR_ASSIGN_OR_RETURN(const auto transport, make_transport(options, wallet, executor));
  Metagraph metagraph(metagraph_options(options), *transport, wallet, executor);
  BITTENSOR_ASSIGN_OR_RETURN(Axon::Options serving, axon_options(options, metagraph));
  Axon axon(std::move(serving), *transport, wallet, executor);
  Dendrite dendrite(dendrite_options(options), *transport, wallet, executor,
                    [&axon] { return axon.served(); });
  const Leave leave(metagraph, *transport);
  Router router(router_options(options));
  router.to(synapse.parameters().front().device());
  WeightAverage weight_average;

  const std::vector<at::Tensor> parameters = parameters_of({&synapse, &router});
  const auto optimizer = task.optimizer(parameters);
  Training training(task.kind, options, synapse, router, *optimizer, executor, &metagraph,
                    task.schedule, task.config);
  BITTENSOR_RETURN_IF_ERROR(training.load());

  axon.serve(*training.best(synapse));
  BITTENSOR_RETURN_IF_ERROR(axon.start());
  metagraph.subscribe(synapse.schema(), axon.port());
  BITTENSOR_RETURN_IF_ERROR(metagraph.start());
  training.say_started(wallet.key(), axon.port(), metagraph.address());
  wait_for_peers(metagraph, options);

  // What is computed of a test batch: by the model alone, and with the network's help.
  const auto local_path = [&](MiniBatch& batch) {
    batch.context();
    batch.forward_local();
  };
  const auto network_path = [&](MiniBatch& batch) {
    const auto synapses = dendrite.available(metagraph.get_synapses(kMaxPeers), batch.inputs());
    const Route route =
        router.route(synapses, metagraph.get_weights(synapses), batch.context(), batch.inputs());
    const auto answers = dendrite.forward(route.synapses, route.requests);
    batch.forward_local();
    batch.forward_network(router.join(route, answers, batch.answer_length()));
  };
  const auto test = [&](bool network) {
    return network ? evaluate(task.test, task.test_batches, network, network_path)
                   : evaluate(task.test, task.test_batches, network, local_path);
  };

  // Whom to ask about which sample: the router looks at the context. The questions of the batches
  // to come travel while this one trains.
  LookAhead<Asked> ahead(options.look_ahead, [&](std::int64_t step) {
    const torch::NoGradGuard no_grad;
    auto batch = task.train(step);
    auto synapses = dendrite.available(metagraph.get_synapses(kMaxPeers), batch->inputs());
    const bool alone = metagraph.size() == 0;
    if (step % (alone ? kAsksItselfEvery : options.ask_interval) != 0) synapses.clear();
    torch::Tensor context;  // [batch, network_dim]
    if (router.chooses(synapses.size())) {
      synapse.eval();  // A look at the batch is no training: statistics stay as they are.
      context = batch->context();
      synapse.train();
    }
    Route route = router.route(synapses, metagraph.get_weights(synapses), context, batch->inputs());
    auto pending = dendrite.forward_async(route.synapses, route.requests);
    return Asked{std::move(batch), std::move(route), std::move(pending)};
  });

  while (training.next_epoch(task.steps_per_epoch, task.train_samples)) {
    synapse.train();
    router.train();
    while (training.next_step()) {
      Asked asked = ahead.next(training.step(), training.end_of_epoch());
      MiniBatch& batch = *asked.batch;

      // The local path, while the last answers come in.
      const torch::Tensor context = batch.context();  // [batch, network_dim]
      SynapseOutput output = batch.forward_local();
      const std::vector<Answer> answers = asked.pending.wait_usual();

      // Learn from the network, and which of it helps. Who was asked about what stands since the
      // question left; how much each answer counts is what the router says now.
      const auto& synapses = asked.route.synapses;
      torch::Tensor weights = metagraph.get_weights(synapses);  // [n], in [0, 1]
      const Route route = router.rescore(asked.route, weights, context.detach());
      torch::Tensor network_context;  // [batch, network_dim], text [batch, sequence, network_dim]
      if (any_answer(answers)) {
        network_context = router.join(route, answers, batch.answer_length());
        network_context.retain_grad();
        output = batch.forward_network(network_context);
        output.loss = output.loss + route.balance_loss;
      }
      forget_gradients(*optimizer);
      output.loss.backward();
      axon.take_gradients(synapse);  // what peers ask for, if they may
      if (task.max_gradient_norm > 0) {
        torch::nn::utils::clip_grad_norm_(parameters, task.max_gradient_norm);
      }
      optimizer->step();

      // What each peer is worth to this neuron.
      if (network_context.defined()) {
        const torch::Tensor shares =
            options.weights == "score"
                ? score_shares(route, answers)
                : contribution_shares(contributions(route, answers, network_context));
        weights = weight_average.update(route, answers, weights, shares);
        metagraph.set_weights(synapses, weights);
      }
      if (training.due_to_serve()) axon.serve(synapse);
      training.show(output, batch.size(), metagraph.size(), dendrite.stats(), synapses, weights);
    }
    if (!training.epoch_done()) break;

    // Test with the local path; the best model so far is saved and served.
    synapse.eval();
    const TestResult local_test = test(/*network=*/false);
    const std::string details = task.describe ? task.describe(local_test) : "";
    if (training.finish_epoch(local_test, details)) axon.serve(synapse);
  }
  BITTENSOR_RETURN_IF_ERROR(training.status());

  // How good the model is alone, and how good with the network.
  synapse.eval();
  router.eval();
  const TestResult local_test = test(/*network=*/false);
  const TestResult network_test = test(/*network=*/true);
  BITTENSOR_RETURN_IF_ERROR(training.status());
  const auto synapses = metagraph.get_synapses(kMaxPeers);
  return training.finish(local_test, network_test, dendrite.stats(), synapses,
                         metagraph.get_weights(synapses),
                         task.report ? task.report(local_test) : nlohmann::json::object());
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
  std::fprintf(stderr, "%s: %s\n", name.c_str(), std::string(status.message()).c_str());
  return 1;
}

}  // namespace bittensor
