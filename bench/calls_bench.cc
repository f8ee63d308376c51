// SPDX-License-Identifier: MIT
//
// Calls between neurons on loopback, proved and checked, two processes: many small ones, batches, a
// mixture of peers with gradients, a whole MNIST training step, an expert trained through.
#include <algorithm>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/client.h"
#include "bench/expert.h"
#include "bench/peers.h"
#include "bench/timing.h"
#include "synapses/image_mini_batch.h"
#include "synapses/mnist/mnist_synapse.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/allocator.h"
#include "bittensor/base/check.h"
#include "bittensor/base/json_file.h"
#include "bittensor/neuron/training_step.h"
#include "bittensor/router/router.h"

namespace bittensor::bench {
namespace {

using torch::Tensor;

constexpr std::int64_t kBatch = 64;

// Answers its inputs, of `width` numbers a row.
class Echo : public Synapse {
 public:
  explicit Echo(std::int64_t width) : width_(width) {}
  Schema schema() const override { return {Modality::kTensor, at::kFloat, {width_}, width_}; }
  Tensor forward_tensor(const Tensor& inputs) override { return inputs; }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<Echo>(width_); }

 private:
  const std::int64_t width_;
};

Rounds scaled(Rounds rounds, const std::function<double(double)>& scale) {
  for (double& value : rounds.values) value = scale(value);
  return rounds;
}

// One peer answers `rows` x `width` with the same.
Rounds echo(const Peers& peers, std::int64_t rows, std::int64_t width, int times,
            bool with_proof = true) {
  Client client(width, with_proof);
  const Tensor x = torch::rand({rows, width});
  return per_second(times, [&] {
    const Answer answer = client.dendrite.forward_tensor(peers.records(), {x}).front();
    BITTENSOR_CHECK(answer.status.ok() && torch::equal(answer.output, x)) << answer.status;
  });
}

// A batch through k = 3 of 9 peers and back, the gradient checked.
void mixture(const Peers& peers, Results& results) {
  Client client(kDefaultNetworkDim);
  Router router(kDefaultNetworkDim, 100, /*topk=*/3);
  router.eval();
  const Tensor x = torch::rand({kBatch, kDefaultNetworkDim}).requires_grad_();
  const auto step = [&] {
    x.mutable_grad() = Tensor();
    const Route route = router.route(peers.records(), {}, x.detach(), Inputs::of_tensor(x));
    router.join(route, client.dendrite.forward(route.synapses, route.requests)).sum().backward();
    // Peers that echo, joined with shares that sum to one: the gradient of the sum is one.
    BITTENSOR_CHECK(torch::allclose(x.grad(), torch::ones_like(x), 1e-4, 1e-4));
  };
  const Rounds rate = per_second(30, step);
  results.add("calls.moe_step_ms", scaled(rate, [](double r) { return 1000 / r; }), "ms");
  const std::uint64_t before = client.dendrite.stats().ok;
  step();
  results.add("calls.moe_rpcs", static_cast<double>(client.dendrite.stats().ok - before), "calls");
}

// Training steps a second of the MNIST neuron with all peers asked about every image.
Rounds mnist_steps(const Peers& peers, int times) {
  Client client(kDefaultNetworkDim);
  MnistSynapse synapse;
  Router router;
  torch::optim::SGD optimizer(parameters_of({&synapse, &router}),
                              torch::optim::SGDOptions(0.01).momentum(0.9));
  TrainingStep::Options options;
  options.learning.give = Give::kAnswers;
  TrainingStep step(options, {synapse, router, client.dendrite, /*metagraph=*/nullptr,
                              /*axon=*/nullptr, [&] { return peers.records(); }});
  const Tensor images = torch::rand({kBatch, 1, 28, 28});
  const Tensor labels = torch::randint(10, {kBatch}, torch::kLong);
  std::int64_t number = 0;
  return per_second(times, [&] {
    const auto result =
        step.learn(step.ask(make_image_mini_batch(synapse, images, labels), number++), optimizer);
    for (const Answer& answer : result.answers) {
      BITTENSOR_CHECK(answer.status.ok()) << answer.status;
    }
  });
}

struct Options {
  std::string json;
  std::vector<std::string> parts = {"small", "mixture", "mnist", "expert"};

  bool takes(const char* part) const {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  }
};

void small(const Peers& noop, const Peers& echo784, Results& results) {
  const auto samples = [](double calls) { return calls * kBatch; };
  results.add("calls.noop_per_s", echo(noop, 1, 1024, 500), "calls/s");
  results.add("calls.noop_unsigned_per_s", echo(noop, 1, 1024, 500, false), "calls/s");
  results.add("calls.echo_samples_per_s", scaled(echo(echo784, kBatch, 784, 200), samples),
              "samples/s");
  results.add("calls.echo_unsigned_samples_per_s",
              scaled(echo(echo784, kBatch, 784, 200, false), samples), "samples/s");
  results.add("calls.echo_1024_samples_per_s", scaled(echo(noop, kBatch, 1024, 200), samples),
              "samples/s");
}

void run(const Options& wanted) {
  // All processes first: a process with threads must not fork.
  const auto echo_of = [](std::int64_t width) {
    return [width] { return std::make_shared<Echo>(width); };
  };
  const Peers noop(1, echo_of(1024));
  const Peers echo784(1, echo_of(784));
  const Peers nine(9, echo_of(1024));
  const Peers expert_peer(1, make_expert);
  const Peers mnist_one(1, [] { return std::make_shared<MnistSynapse>(); });
  const Peers mnist_nine(9, [] { return std::make_shared<MnistSynapse>(); });
  torch::set_num_threads(1);

  Results results;
  if (wanted.takes("small")) small(noop, echo784, results);
  if (wanted.takes("mixture")) mixture(nine, results);
  if (wanted.takes("mnist")) {
    results.add("calls.mnist_steps_1", mnist_steps(mnist_one, 30), "steps/s");
    results.add("calls.mnist_steps_9", mnist_steps(mnist_nine, 15), "steps/s");
  }
  if (wanted.takes("expert")) expert(expert_peer, results);
  if (wanted.json.empty()) return;
  const auto status = write_json(wanted.json, results.json());
  BITTENSOR_CHECK(status.ok()) << status;
}

}  // namespace
}  // namespace bittensor::bench

int main(int argc, char** argv) {
  bittensor::tune_allocator();
  CLI::App app("Calls between neurons on loopback; see docs/performance.md.");
  bittensor::bench::Options options;
  app.add_option("--json", options.json, "write the medians to this file");
  app.add_option("--parts", options.parts, "only these: small, mixture, mnist, expert")
      ->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  bittensor::bench::run(options);
  return 0;
}
