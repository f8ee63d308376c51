// SPDX-License-Identifier: MIT
#include "bench/expert.h"

#include <atomic>
#include <thread>

#include "bench/client.h"
#include "torch/nn/modules/linear.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/check.h"

namespace bittensor::bench {
namespace {

using torch::Tensor;

constexpr std::int64_t kWidth = 1024;
constexpr std::int64_t kBatch = 2048;
constexpr int kClients = 16;

class Expert : public Synapse {
 public:
  Expert() {
    register_module("in", in_);
    register_module("out", out_);
  }
  Schema schema() const override { return {Modality::kTensor, at::kFloat, {kWidth}, kWidth}; }
  Tensor forward_tensor(const Tensor& inputs) override { return out_(torch::gelu(in_(inputs))); }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<Expert>(); }

 private:
  torch::nn::Linear in_{kWidth, 4 * kWidth};
  torch::nn::Linear out_{4 * kWidth, kWidth};
};

// Forward and backward through the peer: what a layer of a larger model does with it.
struct Step {
  Tensor output;
  Tensor gradient;
};

Step ask(Client& client, const Peers& peer, const Tensor& x) {
  const Tensor leaf = x.detach().requires_grad_();
  const Answer answer = client.dendrite.forward_tensor(peer.records(), {leaf}).front();
  BITTENSOR_CHECK(answer.status.ok()) << answer.status;
  answer.output.sum().backward();
  return {answer.output.detach(), leaf.grad()};
}

// The same in this process, the gradients of the parameters included, as a plain loop does.
Step compute(Synapse& module, const Tensor& x) {
  const Tensor leaf = x.detach().requires_grad_();
  const Tensor output = module.forward_tensor(leaf);
  module.zero_grad();
  output.sum().backward();
  return {output.detach(), leaf.grad()};
}

void check(const Step& step, const Step& expected) {
  BITTENSOR_CHECK(torch::allclose(step.output, expected.output, 1e-3, 1e-4));
  BITTENSOR_CHECK(torch::allclose(step.gradient, expected.gradient, 1e-3, 1e-4));
}

void single_samples(const Peers& peer, Synapse& module, Results& results) {
  constexpr int kSamples = 20;  // of each client and round
  const Tensor x = torch::randn({kClients, kWidth});
  const Step expected = compute(module, x);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<Client>(kWidth));
    const Step step = ask(*clients.back(), peer, x.narrow(0, i, 1));
    check(step, {expected.output.narrow(0, i, 1), expected.gradient.narrow(0, i, 1)});
  }
  const Rounds rounds = per_second(1, [&] {
    std::vector<std::thread> threads;
    for (int i = 0; i < kClients; ++i) {
      threads.emplace_back([&, i] {
        for (int k = 0; k < kSamples; ++k) ask(*clients[i], peer, x.narrow(0, i, 1));
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  Rounds samples;
  for (const double rate : rounds.values) samples.values.push_back(rate * kClients * kSamples);
  results.add("calls.expert_batch1_samples_per_s", samples, "samples/s");
}

void large_batch(const Peers& peer, Synapse& module, Results& results) {
  Client client(kWidth);
  ServedSynapse served(module);
  const Tensor x = torch::randn({kBatch, kWidth});
  const Tensor ones = torch::ones({kBatch, kWidth});
  check(ask(client, peer, x), compute(module, x));
  Rounds of_module;
  Rounds of_same_work;
  for (int round = 0; round < kRounds; ++round) {
    const double remote = seconds_of([&] { ask(client, peer, x); });
    const double bare = seconds_of([&] { compute(module, x); });
    const double same_work = seconds_of([&] {
      BITTENSOR_CHECK(served.forward(Inputs::of_tensor(x)).ok());
      BITTENSOR_CHECK(served.backward(Inputs::of_tensor(x), ones).ok());
    });
    of_module.values.push_back(bare / remote);
    of_same_work.values.push_back(same_work / remote);
  }
  results.add("calls.expert_big_efficiency", of_module, "of the module");
  results.add("calls.expert_big_same_work", of_same_work, "of the same work");
}

}  // namespace

std::shared_ptr<Synapse> make_expert() {
  torch::manual_seed(7);
  return std::make_shared<Expert>();
}

void expert(const Peers& peer, Results& results) {
  const std::shared_ptr<Synapse> module = make_expert();
  single_samples(peer, *module, results);
  large_batch(peer, *module, results);
}

}  // namespace bittensor::bench
