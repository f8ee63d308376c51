// SPDX-License-Identifier: MIT
//
// Gradient through the network: one neuron owns the input half of a model, another the output
// half, and both learn; against the same model trained in one process.
#include <atomic>
#include <thread>

#include "bench/learning/data.h"
#include "bench/learning/setup.h"
#include "bench/learning/world.h"
#include "torch/nn/module.h"
#include "torch/nn/modules/linear.h"
#include "torch/optim/optimizer.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/check.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/neuron/training.h"

namespace bittensor::bench {
namespace {

constexpr std::int64_t kBatch = 64;
constexpr std::int64_t kSteps = 938;  // an epoch
constexpr std::int64_t kHidden = 256;
constexpr std::int64_t kPixels = 28 * 28;
constexpr double kLearningRate = 0.03;

// Two layers of a perceptron, served as a synapse: [batch, in] -> [batch, out].
class Half : public Synapse {
 public:
  Half(std::int64_t in, std::int64_t middle, std::int64_t out)
      : in_(in),
        middle_(middle),
        out_(out),
        first_(register_module("first", torch::nn::Linear(in, middle))),
        second_(register_module("second", torch::nn::Linear(middle, out))) {}
  Schema schema() const override { return {Modality::kTensor, at::kFloat, {in_}, out_}; }
  torch::Tensor forward_tensor(const torch::Tensor& inputs) override {
    return second_(torch::relu(first_(inputs)));
  }
  std::shared_ptr<Synapse> fresh() const override {
    return std::make_shared<Half>(in_, middle_, out_);
  }

 private:
  const std::int64_t in_, middle_, out_;
  torch::nn::Linear first_, second_;
};

struct Halves {
  explicit Halves(std::uint64_t seed) {
    torch::manual_seed(seed);
    input = std::make_shared<Half>(kPixels, kHidden, kHidden);
    output = std::make_shared<Half>(kHidden, kHidden, kMnistClasses);
  }
  std::shared_ptr<Half> input, output;
};

torch::optim::SGD optimizer_of(torch::nn::Module& module) {
  return torch::optim::SGD(module.parameters(),
                           torch::optim::SGDOptions(kLearningRate).momentum(0.9));
}

void set_rate(torch::optim::Optimizer& optimizer, double rate) {
  for (auto& group : optimizer.param_groups()) group.options().set_lr(rate);
}

// In percent. `logits` of flat images.
double accuracy(const LabelledImages& test,
                const std::function<torch::Tensor(const torch::Tensor&)>& logits) {
  const torch::NoGradGuard no_grad;
  Batches batches = test_batches(test);
  double correct = 0;
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    const Batch batch = batches.at(i);
    correct += logits(batch.images.flatten(1)).argmax(1).eq(batch.labels).sum().item<double>();
  }
  return 100 * correct / static_cast<double>(test.size());
}

double in_one_process(const Setup& setup, std::int64_t steps) {
  const Halves halves(setup.seed);
  const auto model = [&](const torch::Tensor& images) {
    return halves.output->forward_tensor(torch::relu(halves.input->forward_tensor(images)));
  };
  auto input_optimizer = optimizer_of(*halves.input);
  auto output_optimizer = optimizer_of(*halves.output);
  Batches train = train_batches(setup.mnist.train, kBatch, setup.seed);
  for (std::int64_t step = 0; step < steps; ++step) {
    const Batch batch = train.at(step);
    input_optimizer.zero_grad();
    output_optimizer.zero_grad();
    for (auto* optimizer : {&input_optimizer, &output_optimizer}) {
      set_rate(*optimizer, learning_rate_at(kLearningRate, step, steps));
    }
    torch::cross_entropy_loss(model(batch.images.flatten(1)), batch.labels).backward();
    input_optimizer.step();
    output_optimizer.step();
  }
  return accuracy(setup.mnist.test, model);
}

// The neuron of the output half: what others' backward calls ask for goes into its optimizer, and
// the changed model is served.
class OutputNeuron {
 public:
  OutputNeuron(Peer& neuron, Half& half, std::int64_t steps)
      : neuron_(neuron), half_(half), steps_(steps), thread_([this] { learn(); }) {}
  ~OutputNeuron() {
    stop_ = true;
    thread_.join();
  }

 private:
  void learn() {
    auto optimizer = optimizer_of(half_);
    std::int64_t step = 0;
    while (!stop_) {
      if (!neuron_.axon.wait_for_gradients(std::chrono::milliseconds(20))) continue;
      optimizer.zero_grad();
      for (const auto& taught : neuron_.axon.take_gradients()) {
        add_gradients(taught.sum, 1, half_.parameters());
      }
      set_rate(optimizer, learning_rate_at(kLearningRate, std::min(step++, steps_ - 1), steps_));
      optimizer.step();
      neuron_.axon.serve(half_);
    }
  }

  Peer& neuron_;
  Half& half_;
  const std::int64_t steps_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

double through_the_network(const Setup& setup, std::int64_t steps) {
  const Halves halves(setup.seed);
  World world(setup.fast);
  Axon::Options accepting;
  accepting.learns_from = [](const PublicKey&) { return true; };
  Peer input(world, "input", setup.seed, accepting);
  Peer output(world, "output", setup.seed, accepting);
  input.join(*halves.input, /*bootstrap=*/"");
  output.join(*halves.output, input.metagraph->address());
  while (input.metagraph->size() < 1) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto peers = input.metagraph->get_synapses(1);

  Dendrite::Options options;
  options.calls.network_dim = kMnistClasses;
  Dendrite dendrite(options, *input.transport, input.wallet, world.executor(),
                    [&] { return input.axon.served(); });
  const auto model = [&](const torch::Tensor& images) {
    const Answer answer =
        dendrite.forward_tensor(peers, {torch::relu(halves.input->forward_tensor(images))}).front();
    BITTENSOR_CHECK(answer.status.ok()) << answer.status;
    return answer.output;
  };
  auto optimizer = optimizer_of(*halves.input);
  Batches train = train_batches(setup.mnist.train, kBatch, setup.seed);
  {
    const OutputNeuron output_neuron(output, *halves.output, steps);
    for (std::int64_t step = 0; step < steps; ++step) {
      const Batch batch = train.at(step);
      optimizer.zero_grad();
      set_rate(optimizer, learning_rate_at(kLearningRate, step, steps));
      torch::cross_entropy_loss(model(batch.images.flatten(1)), batch.labels).backward();
      optimizer.step();
    }
  }
  return accuracy(setup.mnist.test, model);
}

}  // namespace

void split(const Setup& setup) {
  const std::int64_t steps = setup.steps(kSteps);
  const double whole = in_one_process(setup, steps);
  const double halves = through_the_network(setup, steps);
  setup.report.add("split_one_process", whole);
  setup.report.add("split_gap", whole - halves);
}

}  // namespace bittensor::bench
