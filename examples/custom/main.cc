// SPDX-License-Identifier: MIT
//
// A model of your own, joined to the network: custom [METAGRAPH_HOST:PORT]
#include "datasets/batches.h"
#include "datasets/mnist/mnist.h"
#include "synapses/image_mini_batch.h"
#include "torch/torch.h"

#include "bittensor/neuron/standalone_neuron.h"

using namespace bittensor;

// Any module that makes features of images becomes a synapse by encode().
class OneLayer : public ImageClassifier {
 public:
  OneLayer() : ImageClassifier(of_task("mnist")) {
    features_ = register_module("features", torch::nn::Linear(28 * 28, 1024));
  }
  Schema schema() const override { return image_schema({1, 28, 28}); }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<OneLayer>(); }
  torch::Tensor encode(const torch::Tensor& images) override {  // [batch, 1, 28, 28]
    return torch::relu(features_->forward(images.flatten(1)));  // [batch, 1024]
  }

 private:
  torch::nn::Linear features_{nullptr};
};

int main(int argc, char** argv) {
  NeuronOptions options;
  if (argc > 1) options.bootstrap = {argv[1]};
  const auto model = std::make_shared<OneLayer>();
  const auto neuron = StandaloneNeuron::create(options, model).value();
  torch::optim::SGD optimizer(neuron->parameters(), torch::optim::SGDOptions(0.03).momentum(0.9));
  Batches batches(load_mnist(fetch_mnist().value()).value().train,
                  {64, true, 1, mnist_normalisation()});
  return neuron->train(600, optimizer,
                       [&](std::int64_t step) {
                         const Batch batch = batches.at(step);
                         return make_image_mini_batch(*model, batch.images, batch.labels);
                       })
                 .ok()
             ? 0
             : 1;
}
