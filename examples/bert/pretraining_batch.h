// SPDX-License-Identifier: MIT
//
// BERT's part of a training step, and of its report.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "c10/core/Device.h"
#include "nlohmann/json.hpp"
#include "synapses/bert/bert_synapse.h"
#include "synapses/bert/pretraining_batches.h"
#include "torch/optim/optimizer.h"

#include "bittensor/neuron/mini_batch.h"
#include "bittensor/neuron/training.h"

namespace bittensor {

// `batch` on `device`. The synapse must outlive it. Scores: "loss", in nats, and "accuracy" of the
// hidden tokens, "nsp_accuracy" of the pairs. `batching` says how lessons become batches.
std::unique_ptr<MiniBatch> make_bert_mini_batch(BertSynapse& synapse, const BertBatch& batch,
                                                const c10::Device& device,
                                                const PairBatching& batching);

// AdamW (Loshchilov and Hutter, arXiv 1711.05101) as Devlin et al. use it: weights decay, biases
// and the parameters of normalisation do not.
std::unique_ptr<torch::optim::Optimizer> make_bert_optimizer(std::vector<at::Tensor> parameters,
                                                             double learning_rate);

// "perplexity 301, 0.44 nats below unigram entropy 6.15, next sentence 58.30 %"
std::string describe_bert(const TestResult& test, double unigram_entropy);

// unigram_entropy, mlm_loss, perplexity, mlm_accuracy, nsp_accuracy
nlohmann::json bert_report(const TestResult& test, double unigram_entropy);

}  // namespace bittensor
