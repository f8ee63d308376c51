// SPDX-License-Identifier: MIT
#include "benchmark/benchmark.h"
#include "torch/types.h"

#include "bittensor/router/router.h"
#include "bittensor/router/testing/some_synapses.h"

namespace bittensor {
namespace {

constexpr std::int64_t kBatch = 64;

std::vector<Answer> answers_of(const Route& route) {
  std::vector<Answer> answers;
  for (const at::Tensor& rows : route.rows) {
    answers.push_back({absl::OkStatus(), torch::ones({rows.numel(), kDefaultNetworkDim}), {}});
  }
  return answers;
}

// One batch of MNIST's size to range(0) synapses, top 10.
void route(benchmark::State& state) {
  Router router;
  const auto synapses = some_synapses(state.range(0));
  const at::Tensor weights = torch::rand({state.range(0)});
  const at::Tensor context = torch::randn({kBatch, kDefaultNetworkDim});
  const Inputs inputs = Inputs::of_image(torch::rand({kBatch, 1, 28, 28}));
  for (auto _ : state) {
    const Route made = router.route(synapses, weights, context, inputs);
    if (made.rows.size() != synapses.size()) state.SkipWithError("rows are missing");
  }
}

// The answers to it, joined; range(1): with the backward pass of router and join.
void join(benchmark::State& state) {
  Router router;
  const auto synapses = some_synapses(state.range(0));
  const at::Tensor context = torch::randn({kBatch, kDefaultNetworkDim});
  const Inputs inputs = Inputs::of_image(torch::rand({kBatch, 1, 28, 28}));
  for (auto _ : state) {
    state.PauseTiming();
    const Route made = router.route(synapses, {}, context, inputs);
    const std::vector<Answer> all = answers_of(made);
    state.ResumeTiming();
    const at::Tensor joined = router.join(made, all);
    const at::Tensor loss = joined.sum() + made.balance_loss;
    if (state.range(1) != 0 && loss.requires_grad()) loss.backward();  // One alone has no gradient.
    state.PauseTiming();
    if (!torch::allclose(joined, torch::ones_like(joined))) state.SkipWithError("not the mean");
    state.ResumeTiming();
  }
}

BENCHMARK(route)->Arg(1)->Arg(9)->Arg(100)->Unit(benchmark::kMicrosecond);
BENCHMARK(join)->ArgsProduct({{1, 9, 100}, {0, 1}})->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace bittensor
