// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "torch/nn/module.h"

#include "bittensor/metagraph/synapse_record.h"
#include "bittensor/router/gate.h"
#include "bittensor/synapse/answer.h"
#include "bittensor/synapse/inputs.h"

namespace bittensor {

// What one batch asks of the network.
struct Route {
  std::vector<SynapseRecord> synapses;  // [n]
  // [batch, n]. Each row sums to 1 (if n > 0) and is exactly zero where the sample is not sent.
  // Differentiable. scores.mean(0) is each synapse's share of the batch, in [0, 1], in sum 1.
  at::Tensor scores;
  std::vector<at::Tensor> rows;  // n times int64 [rows_i]: which rows of the batch; may be empty
  std::vector<Inputs> requests;  // n mini-batches, rows[i] of the inputs
  // Scalar, to be added to the loss as it is: 0 when all synapses share the load, positive when
  // those that are preferred get more of it. See Gate.
  at::Tensor balance_loss;
  at::Tensor chosen;  // int64 [batch, min(topk, n)]: the synapses of each row; -1: not asked
  Modality modality = Modality::kTensor;
};

// A small trainable model that learns which synapses to ask for each sample of
// a batch (the Gate), and splits batches and joins answers accordingly.
//
//   Route route = router->route(synapses, metagraph.get_weights(synapses), context, inputs);
//   at::Tensor network_context = router->join(route, answers);  // of route.requests, in order
//
// Not thread-safe.
class Router : public torch::nn::Module {
 public:
  struct Options : Gate::Options {
    std::int64_t network_dim = kDefaultNetworkDim;  // of the answers
  };

  explicit Router(Options options);
  explicit Router(std::int64_t x_dim = kDefaultNetworkDim, std::int64_t key_dim = 100,
                  std::int64_t topk = 10);

  // `synapses`: n, may be none; beyond the first max_keys they are not asked. `weights`: [n], the
  // metagraph's, or undefined. `context`: [batch, x_dim]; undefined counts as zeros, see
  // chooses(). Throws c10::Error if the shapes do not fit each other.
  Route route(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights,
              const at::Tensor& context, const Inputs& inputs);

  // Whether the context matters for whom route() asks: not if n <= topk, when each row goes to all
  // synapses and the context only decides how much each answer counts.
  // A program that looks ahead, and will rescore(), then need not compute one.
  bool chooses(std::size_t n) const { return static_cast<std::int64_t>(n) > topk_; }

  // `earlier` with the scores that the parameters of now give to its choice: for a route whose
  // answers were fetched while other batches trained. What comes out can be differentiated even
  // though an optimizer has changed the parameters since.
  Route rescore(Route earlier, const at::Tensor& weights, const at::Tensor& context);

  // The network context, [batch, network_dim]; text [batch, sequence, network_dim], where
  // `sequence` is the longest answer's unless given: give it, or one stranger's long answer makes
  // everybody's long. Answers are cut, or filled with zeros, to it. Each row is the mean of its
  // answers weighted by score; a failed answer, or one of another shape than asked for, does not
  // count; a row without any answer is zeros. Differentiable in the scores and the answers.
  // `answers`: n, or it throws c10::Error.
  at::Tensor join(const Route& route, const std::vector<Answer>& answers,
                  std::int64_t sequence = 0) const;

  // What is known of each synapse.
  KeyTable& keys() { return gate_->keys(); }

 private:
  const std::int64_t network_dim_;
  const std::int64_t x_dim_;
  const std::int64_t topk_;
  const std::shared_ptr<Gate> gate_;
};

}  // namespace bittensor
