// SPDX-License-Identifier: MIT
//
// A model of your own, joined to the network: custom [METAGRAPH_HOST:PORT [MNIST_FOLDER]]
#include <cstdio>

#include "datasets/batches.h"
#include "datasets/mnist/mnist.h"
#include "synapses/image_mini_batch.h"
#include "torch/torch.h"

#include "bittensor/neuron/standalone_neuron.h"

using namespace bittensor;

// Any module that makes features of images becomes a synapse by encode().
class OneLayer : public ImageClassifier {
 public:
  OneLayer() : ImageClassifier(of_task("mnist")) {}
  Schema schema() const override { return image_schema({1, 28, 28}); }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<OneLayer>(); }
  torch::Tensor encode(const torch::Tensor& images) override {  // [batch, 1, 28, 28]
    return torch::relu(features_->forward(images.flatten(1)));  // [batch, 1024]
  }

 private:
  torch::nn::Linear features_ = register_module("features", torch::nn::Linear(28 * 28, 1024));
};

int main(int argc, char** argv) {
  NeuronOptions options;
  options.axon_port = options.metagraph_port = 0;  // any free ones
  if (argc > 1) options.metagraph.bootstrap = {argv[1]};
  options.min_peers = static_cast<int>(options.metagraph.bootstrap.size());
  const auto model = std::make_shared<OneLayer>();
  const auto neuron = StandaloneNeuron::create(options, model).value();
  torch::optim::SGD optimizer(neuron->parameters(), torch::optim::SGDOptions(0.03).momentum(0.9));

  const Mnist mnist = load_mnist(argc > 2 ? argv[2] : fetch_mnist().value()).value();
  Batches train(mnist.train, {64, /*shuffle=*/true, /*seed=*/1, mnist_normalisation()});
  const absl::Status trained = neuron->train(200, optimizer, [&](std::int64_t step) {
    const Batch batch = train.at(step);
    return make_image_mini_batch(*model, batch.images, batch.labels);
  });
  if (!trained.ok()) return 1;

  model->eval();
  const Batch test = Batches(mnist.test, {500, /*shuffle=*/false, 0, mnist_normalisation()}).at(0);
  const torch::Tensor guess = model->forward(test.images, test.labels).local_target.argmax(1);
  std::printf("%zu peer(s), accuracy %.1f %%\n", neuron->neuron().metagraph().size(),
              100 * guess.eq(test.labels).to(torch::kFloat).mean().item<double>());
}
