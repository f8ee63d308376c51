// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "torch/nn/module.h"
#include "torch/nn/modules/linear.h"

#include "bittensor/metagraph/synapse_record.h"
#include "bittensor/router/key_table.h"
#include "bittensor/synapse/schema.h"

namespace bittensor {

// Chooses for each row of a batch which synapses to ask, and how much each answer counts:
//
//   logits = sharpness * cos(query(context), key(synapse)) + prior(weights)
//   scores = softmax over the topk largest logits of the row, exactly zero elsewhere
//
// as in Shazeer et al. 2017, "Outrageously large neural networks", arXiv:1701.06538, with the
// cosine of Chi et al. 2022, arXiv:2204.09179: bounded logits cannot shut anybody out for good. In
// training mode the choice is noisy, some rows explore, and some of the chosen are not asked, so
// that what learns from the answers never rests on one peer. All randomness is torch's default
// generator's. In evaluation mode the same context gives the same choice.
//
// Not thread-safe.
class Gate : public torch::nn::Module {
 public:
  struct Options {
    std::int64_t x_dim = kDefaultNetworkDim;  // the context's size
    std::int64_t key_dim = 100;
    // How many synapses a row is sent to. With 1 the only score is always 1, and the answers
    // teach the gate nothing.
    std::int64_t topk = 10;
    std::int64_t max_keys = 1024;  // how many synapses are remembered
    double sharpness = 4;          // the logits of a perfect match; of its opposite, the negative
    double noise = 0.3;            // standard deviation of what is added to the logits that choose
    // The share of the rows that swap their last choice for a synapse drawn at random, so that
    // newcomers and those out of favour are tried.
    double exploration = 0.05;
    // The factor of the balance loss; 0.01 as in Fedus et al. 2021.
    double balance = 0.01;
    // How much the metagraph's weights count: scores are multiplied by (weight / mean weight)
    // to this power before they are normalised. 1 fits weights that come from contributions;
    // weights that come from scores want less (0.25), or whoever leads takes all.
    double prior = 1;
    // The share of the chosen that are not asked in training, as in N. Srivastava et al. 2014,
    // "Dropout"; one of a row always is.
    double dropout = 0.15;
    // How many synapses the rows of one batch go to in training, or a batch would go to everybody
    // once many are known, to each for few rows: so many times topk that are preferred by the batch
    // as a whole, and topk drawn at random, among whom rows explore.
    std::int64_t favourites = 2;
  };

  // Chosen and asked are on the CPU.
  struct Choice {
    // int64 [batch, min(topk, n)]: which synapses, best first where there are more than topk; -1:
    // dropped
    at::Tensor chosen;
    at::Tensor asked;         // bool [batch, n]: who is sent the row
    at::Tensor scores;        // [batch, n]
    at::Tensor balance_loss;  // scalar
  };

  explicit Gate(Options options);

  KeyTable& keys() { return *keys_; }

  // `weights`: [n], not negative, or undefined for no prior. `context`: [batch, x_dim]. Synapses
  // beyond the first max_keys are not chosen. Throws c10::Error if the shapes do not fit.
  Choice forward(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights,
                 const at::Tensor& context);

  // forward() with the choice made before, under the parameters of now.
  Choice score(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights,
               const at::Tensor& context, const at::Tensor& chosen);

 private:
  // What a choice among the first `known` of `synapses` rests on, on the CPU. Where `known` is 1
  // there is no choice, and nothing is computed.
  struct Basis {
    at::Tensor query;   // [batch, key_dim]
    at::Tensor keys;    // [known, key_dim]
    at::Tensor logits;  // [batch, known]
  };

  Basis basis(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights,
              const at::Tensor& context);
  at::Tensor query_of(const at::Tensor& context);
  at::Tensor prior(const at::Tensor& weights) const;
  at::Tensor choose(const Basis& from, std::int64_t batch) const;
  at::Tensor appeal_of(const at::Tensor& logits) const;
  std::vector<std::int64_t> pool(at::Tensor& appeal) const;
  void drop_out(at::Tensor& chosen) const;
  Choice scored(const Basis& from, const at::Tensor& chosen, std::int64_t n) const;

  const Options options_;
  torch::nn::Linear query_;
  const std::shared_ptr<KeyTable> keys_;
};

}  // namespace bittensor
