// SPDX-License-Identifier: MIT
//
// A neuron that learns to read handwritten digits together with others.
//
//   mnist --neuron_key a/neuron.key --axon_port 8091 --metagraph_port 8092
//   mnist --neuron_key b/neuron.key --axon_port 8093 --metagraph_port 8094
//         --bootstrap localhost:8092
#include <cstdio>
#include <exception>

#include "CLI/CLI.hpp"
#include "datasets/mnist/mnist.h"
#include "examples/evaluate.h"
#include "synapses/mnist/mnist_synapse.h"
#include "torch/torch.h"

#include "bittensor/base/allocator.h"
#include "bittensor/base/file_limit.h"
#include "bittensor/base/logging.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/neuron/compute.h"
#include "bittensor/neuron/options.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/neuron/training.h"
#include "bittensor/router/router.h"
#include "bittensor/transport/transport.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxPeers = 100;  // known synapses that the router chooses from

LabelledImages limited(const LabelledImages& images, std::int64_t count) {
  return count > 0 ? images.first(count) : images;
}

// Each synapse's share of the batch, [n].
torch::Tensor mean_scores(const Route& route) {
  return route.scores.detach().mean(0).cpu();
}

absl::Status run(const NeuronOptions& options) {
  // Data.
  BITTENSOR_ASSIGN_OR_RETURN(const torch::Device device,
                             set_up_compute(options.device, options.threads, options.seed));
  std::string folder = options.data;
  if (folder.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(folder, fetch_mnist());
  }
  BITTENSOR_ASSIGN_OR_RETURN(const Mnist mnist, load_mnist(folder));
  const LabelledImages train_set = limited(mnist.train, options.train_images);
  const LabelledImages test_set = limited(mnist.test, options.test_images);
  Batches train(train_set,
                {options.batch_size_train, /*shuffle=*/true, options.seed, mnist_normalisation()});
  Batches test(test_set,
               {options.batch_size_test, /*shuffle=*/false, /*seed=*/0, mnist_normalisation()});

  // The model, and who this neuron is.
  auto synapse = std::make_shared<MnistSynapse>();
  synapse->to(device);
  BITTENSOR_ASSIGN_OR_RETURN(const Wallet wallet, open_wallet(options));
  BITTENSOR_ASSIGN_OR_RETURN(const FileLock lock, lock_key(options));

  // The network: a metagraph that tells and learns who is there, an axon that serves a copy of
  // the model, a dendrite that asks others, a router that learns whom to ask.
  ThreadExecutor executor;
  BITTENSOR_ASSIGN_OR_RETURN(const auto transport, make_transport(options, executor));
  Metagraph metagraph(metagraph_options(options), *transport, wallet, executor);
  BITTENSOR_ASSIGN_OR_RETURN(Axon::Options serving, axon_options(options, metagraph));
  Axon axon(std::move(serving), *transport, wallet, executor);
  Dendrite dendrite(dendrite_options(options), *transport, wallet, executor,
                    [&axon] { return axon.served(); });
  const Leave leave(metagraph, *transport);
  auto router =
      std::make_shared<Router>(/*x_dim=*/kDefaultNetworkDim, /*key_dim=*/100, options.topk);
  router->to(device);

  torch::optim::SGD optimizer(
      parameters_of({synapse.get(), router.get()}),
      torch::optim::SGDOptions(options.learning_rate).momentum(options.momentum));
  Training training("mnist", options, *synapse, *router, optimizer, executor, &metagraph);
  BITTENSOR_RETURN_IF_ERROR(training.load());

  axon.serve(*training.best(*synapse));
  BITTENSOR_RETURN_IF_ERROR(axon.start());
  metagraph.subscribe(synapse->schema(), axon.port());
  BITTENSOR_RETURN_IF_ERROR(metagraph.start());
  training.say_started(wallet.key(), axon.port(), metagraph.address());
  wait_for_peers(metagraph, options);

  // What a test batch gives: logits and loss, of the model alone and with the network's help.
  const auto local_path = [&](const Batch& batch) {
    const SynapseOutput output = synapse->forward(batch.images, batch.labels);
    return std::make_pair(output.local_target, output.local_target_loss);
  };
  const auto network_path = [&](const Batch& batch) {
    const Inputs inputs = Inputs::of_image(batch.images);
    const auto synapses = dendrite.available(metagraph.get_synapses(kMaxPeers), inputs);
    const Route route = router->route(synapses, metagraph.get_weights(synapses),
                                      synapse->encode(batch.images), inputs);
    const torch::Tensor network_context =
        router->join(route, dendrite.forward(route.synapses, route.requests));
    const SynapseOutput output = synapse->forward(batch.images, batch.labels, network_context);
    return std::make_pair(output.network_target, output.network_target_loss);
  };

  while (training.next_epoch(train.per_epoch(), train_set.size())) {
    synapse->train();
    router->train();
    while (training.next_step()) {
      const Batch batch = train.at(training.step());
      const torch::Tensor images = batch.images.to(device);  // [batch, 1, 28, 28]
      const torch::Tensor labels = batch.labels.to(device);  // [batch]

      // Whom to ask about which image: the router looks at the context.
      const torch::Tensor context = synapse->encode(images);  // [batch, network_dim]
      const Inputs inputs = Inputs::of_image(images);
      const auto synapses = dendrite.available(metagraph.get_synapses(kMaxPeers), inputs);
      torch::Tensor weights = metagraph.get_weights(synapses);  // [n], in [0, 1]
      const Route route = router->route(synapses, weights, context.detach(), inputs);

      // The questions travel while the local path is computed.
      auto pending = dendrite.forward_async(route.synapses, route.requests);
      LocalPass local = synapse->forward_local(context, labels);
      const std::vector<Answer> answers = pending.wait();

      // Learn from the network, and which of it helps.
      SynapseOutput output = local.output;
      if (any_answer(answers)) {
        const torch::Tensor network_context = router->join(route, answers);  // [batch, network_dim]
        output = synapse->forward_network(std::move(local), labels, network_context);
        output.loss = output.loss + route.balance_loss;
        weights = 0.99 * weights + 0.01 * mean_scores(route);
        metagraph.set_weights(synapses, weights);
      }
      optimizer.zero_grad();
      output.loss.backward();
      optimizer.step();
      training.show(output, images.size(0), metagraph.size(), dendrite.stats(), synapses, weights);
    }
    if (!training.epoch_done()) break;

    // Test with the local path; the best model so far is saved and served.
    synapse->eval();
    const TestResult local_test = evaluate(test, device, local_path);
    if (training.finish_epoch(local_test)) axon.serve(*synapse);
  }
  BITTENSOR_RETURN_IF_ERROR(training.status());

  // How good the model is alone, and how good with the network.
  synapse->eval();
  router->eval();
  const TestResult local_test = evaluate(test, device, local_path);
  const TestResult network_test = evaluate(test, device, network_path);
  BITTENSOR_RETURN_IF_ERROR(training.status());
  const auto synapses = metagraph.get_synapses(kMaxPeers);
  return training.finish(local_test, network_test, dendrite.stats(), synapses,
                         metagraph.get_weights(synapses));
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  bittensor::tune_allocator();
  bittensor::raise_file_limit();
  bittensor::NeuronOptions options;
  CLI::App app("A neuron that learns MNIST together with others.", "mnist");
  bittensor::add_neuron_options(app, options);
  CLI11_PARSE(app, argc, argv);

  bittensor::StopSignal::install();
  absl::Status status = bittensor::start_logging(options.log_level);
  try {
    if (status.ok()) status = bittensor::run(options);
  } catch (const std::exception& error) {  // libtorch: out of memory, a device that fails
    status = absl::InternalError(error.what());
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "mnist: %s\n", std::string(status.message()).c_str());
  return 1;
}
