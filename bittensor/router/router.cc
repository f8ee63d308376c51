// SPDX-License-Identifier: MIT
#include "bittensor/router/router.h"

#include <utility>

#include "torch/types.h"

#include "bittensor/router/dispatcher.h"

namespace bittensor {
namespace {

Router::Options options_of(std::int64_t x_dim, std::int64_t key_dim, std::int64_t topk) {
  Router::Options options;
  options.x_dim = x_dim;
  options.key_dim = key_dim;
  options.topk = topk;
  return options;
}

}  // namespace

Router::Router(Options options)
    : network_dim_(options.network_dim),
      x_dim_(options.x_dim),
      topk_(options.topk),
      gate_(register_module("gate", std::make_shared<Gate>(options))) {}

Router::Router(std::int64_t x_dim, std::int64_t key_dim, std::int64_t topk)
    : Router(options_of(x_dim, key_dim, topk)) {}

Route Router::route(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights,
                    const at::Tensor& context, const Inputs& inputs) {
  // One row of zeros that stands for all.
  const auto zeros = [&] {
    return torch::zeros({1, x_dim_}, parameters().front().options().requires_grad(false))
        .expand({inputs.batch(), x_dim_});
  };
  Gate::Choice choice = gate_->forward(synapses, weights, context.defined() ? context : zeros());
  Split parts = split(choice.asked, inputs);
  return {synapses,
          std::move(choice.scores),
          std::move(parts.rows),
          std::move(parts.requests),
          std::move(choice.balance_loss),
          std::move(choice.chosen),
          inputs.modality};
}

Route Router::rescore(Route earlier, const at::Tensor& weights, const at::Tensor& context) {
  Gate::Choice choice = gate_->score(earlier.synapses, weights, context, earlier.chosen);
  earlier.scores = std::move(choice.scores);
  earlier.balance_loss = std::move(choice.balance_loss);
  return earlier;
}

at::Tensor Router::join(const Route& route, const std::vector<Answer>& answers,
                        std::int64_t sequence) const {
  return bittensor::join(route.scores, route.rows, answers,
                         {route.modality, network_dim_, sequence});
}

}  // namespace bittensor
