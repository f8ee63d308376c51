// SPDX-License-Identifier: MIT
#include "examples/image_neuron.h"

#include <cstdio>
#include <exception>
#include <utility>

#include "examples/evaluate.h"
#include "torch/torch.h"

#include "bittensor/base/allocator.h"
#include "bittensor/base/file_limit.h"
#include "bittensor/base/logging.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/neuron/look_ahead.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/neuron/sgd.h"
#include "bittensor/router/contribution.h"
#include "bittensor/router/router.h"
#include "bittensor/router/weight_average.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxPeers = 100;  // known synapses that the router chooses from

// Who is alone asks itself, in one step of so many: it hears nothing new, but stays able to make
// use of a network that comes.
constexpr std::int64_t kAsksItselfEvery = 8;

// A batch of images [batch, channels, rows, cols] and labels [batch], and what the network is
// asked about it.
struct Asked {
  torch::Tensor images, labels;
  Route route;
  Dendrite::Pending pending;
};

}  // namespace

absl::Status run_image_neuron(const NeuronOptions& options, ImageTask task, c10::Device device) {
  ImageClassifier& synapse = *task.synapse;

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
  router.to(device);
  WeightAverage weight_average;

  Sgd optimizer(parameters_of({&synapse, &router}), task.optimizer);
  Training training(task.kind, options, synapse, router, optimizer, executor, &metagraph,
                    task.schedule);
  BITTENSOR_RETURN_IF_ERROR(training.load());

  axon.serve(*training.best(synapse));
  BITTENSOR_RETURN_IF_ERROR(axon.start());
  metagraph.subscribe(synapse.schema(), axon.port());
  BITTENSOR_RETURN_IF_ERROR(metagraph.start());
  training.say_started(wallet.key(), axon.port(), metagraph.address());
  wait_for_peers(metagraph, options);

  // What a test batch gives: logits and loss, of the model alone and with the network's help.
  const auto local_path = [&](const Batch& batch) {
    const SynapseOutput output = synapse.forward(batch.images, batch.labels);
    return std::make_pair(output.local_target, output.local_target_loss);
  };
  const auto network_path = [&](const Batch& batch) {
    const Inputs inputs = Inputs::of_image(batch.images);
    const auto synapses = dendrite.available(metagraph.get_synapses(kMaxPeers), inputs);
    const Route route = router.route(synapses, metagraph.get_weights(synapses),
                                     synapse.encode(batch.images), inputs);
    const torch::Tensor network_context =
        router.join(route, dendrite.forward(route.synapses, route.requests));
    const SynapseOutput output = synapse.forward(batch.images, batch.labels, network_context);
    return std::make_pair(output.network_target, output.network_target_loss);
  };

  // Whom to ask about which image: the router looks at the context. The questions of the batches
  // to come travel while this one trains.
  LookAhead<Asked> ahead(options.look_ahead, [&](std::int64_t step) {
    const torch::NoGradGuard no_grad;
    const Batch batch = task.train(step);
    const torch::Tensor images = batch.images.to(device);
    const Inputs inputs = Inputs::of_image(images);
    auto synapses = dendrite.available(metagraph.get_synapses(kMaxPeers), inputs);
    const bool alone = metagraph.size() == 0;
    if (alone && step % kAsksItselfEvery != 0) synapses.clear();
    torch::Tensor context;  // [batch, network_dim]
    if (router.chooses(synapses.size())) {
      synapse.eval();  // A look at the batch is no training: statistics stay as they are.
      context = synapse.encode(images);
      synapse.train();
    }
    Route route = router.route(synapses, metagraph.get_weights(synapses), context, inputs);
    auto pending = dendrite.forward_async(route.synapses, route.requests);
    return Asked{images, batch.labels.to(device), std::move(route), std::move(pending)};
  });

  while (training.next_epoch(task.steps_per_epoch, task.train_images)) {
    synapse.train();
    router.train();
    while (training.next_step()) {
      Asked asked = ahead.next(training.step(), training.end_of_epoch());
      const torch::Tensor& images = asked.images;
      const torch::Tensor& labels = asked.labels;

      // The local path, while the last answers come in.
      const torch::Tensor context = synapse.encode(images);  // [batch, network_dim]
      LocalPass local = synapse.forward_local(context, labels);
      const std::vector<Answer> answers = asked.pending.wait_usual();

      // Learn from the network, and which of it helps. Who was asked about what stands since the
      // question left; how much each answer counts is what the router says now.
      SynapseOutput output = local.output;
      const auto& synapses = asked.route.synapses;
      torch::Tensor weights = metagraph.get_weights(synapses);  // [n], in [0, 1]
      const Route route = router.rescore(asked.route, weights, context.detach());
      torch::Tensor network_context;  // [batch, network_dim]
      if (any_answer(answers)) {
        network_context = router.join(route, answers);
        network_context.retain_grad();
        output = synapse.forward_network(std::move(local), labels, network_context);
        output.loss = output.loss + route.balance_loss;
      }
      optimizer.zero_grad();
      output.loss.backward();
      axon.take_gradients(synapse);  // what peers ask for, if they may
      optimizer.step();

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
      training.show(output, images.size(0), metagraph.size(), dendrite.stats(), synapses, weights);
    }
    if (!training.epoch_done()) break;

    // Test with the local path; the best model so far is saved and served.
    synapse.eval();
    const TestResult local_test = evaluate(task.test, device, local_path);
    if (training.finish_epoch(local_test)) axon.serve(synapse);
  }
  BITTENSOR_RETURN_IF_ERROR(training.status());

  // How good the model is alone, and how good with the network.
  synapse.eval();
  router.eval();
  const TestResult local_test = evaluate(task.test, device, local_path);
  const TestResult network_test = evaluate(task.test, device, network_path);
  BITTENSOR_RETURN_IF_ERROR(training.status());
  const auto synapses = metagraph.get_synapses(kMaxPeers);
  return training.finish(local_test, network_test, dendrite.stats(), synapses,
                         metagraph.get_weights(synapses));
}

LabelledImages limited(const LabelledImages& images, std::int64_t count) {
  return count > 0 ? images.first(count) : images;
}

int example_main(int argc, char** argv, const std::string& name, const std::string& description,
                 NeuronOptions options,
                 const std::function<absl::Status(const NeuronOptions&)>& run) {
  tune_allocator();
  raise_file_limit();
  CLI::App app(description, name);
  add_neuron_options(app, options);
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
