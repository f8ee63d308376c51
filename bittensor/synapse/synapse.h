// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "torch/nn/module.h"

#include "bittensor/synapse/inputs.h"
#include "bittensor/synapse/schema.h"

namespace bittensor {
namespace internal {

template <typename Argument>
std::decay_t<Argument> only_argument(
    std::shared_ptr<torch::nn::Module> (torch::nn::Module::*)(Argument) const);

}  // namespace internal

// What torch::nn::Module::clone() takes: a c10::optional in libtorch 1, a std::optional later.
using OptionalDevice = decltype(internal::only_argument(&torch::nn::Module::clone));

// A model offered to the network. Write it as a torch module: a constructor
// that registers submodules, the forward_… it serves, and fresh():
//
//   class Doubler : public Synapse {
//    public:
//     Schema schema() const override { return {Modality::kTensor, at::kFloat, {1024}, 1024}; }
//     torch::Tensor forward_tensor(const torch::Tensor& inputs) override { return 2 * inputs; }
//     std::shared_ptr<Synapse> fresh() const override { return std::make_shared<Doubler>(); }
//   };
//
// A forward_… gives each row the answer that it would get alone when in evaluation mode, since
// rows of several callers are joined into one batch, and does not write to its inputs.
//
// Not thread-safe. Others see a deep copy (clone()), never the model in training.
class Synapse : public torch::nn::Module {
 public:
  // What forward_… takes and gives. The same for the synapse's whole life.
  virtual Schema schema() const = 0;

  // A new synapse of the same configuration, with parameters of its own.
  virtual std::shared_ptr<Synapse> fresh() const = 0;

  // The answer to a batch, [batch, network_dim]; to text, [batch, sequence, network_dim].
  // A modality that is not overridden throws c10::NotImplementedError, which the axon
  // answers as kUnimplemented.
  virtual torch::Tensor forward_text(const std::vector<std::string>& inputs);
  virtual torch::Tensor forward_image(
      const torch::Tensor& inputs);  // [batch, channels, rows, cols]
  virtual torch::Tensor forward_tensor(const torch::Tensor& inputs);  // [batch, ...]

  // Of a synapse whose schema has a task: the logits [batch, classes] that belong to its answers
  // `outputs` [batch, network_dim]. Undefined otherwise.
  virtual torch::Tensor predict(const torch::Tensor& outputs);

  // The forward_… of the inputs' modality.
  torch::Tensor forward_inputs(const Inputs& inputs);

  // A deep copy: parameters and buffers by value, on `device` or where they are, and the
  // same mode (train or eval) and requires_grad. Throws c10::Error if fresh() gives other
  // parameters or buffers than this synapse has.
  std::shared_ptr<Module> clone(const OptionalDevice& device = OptionalDevice()) const final;
  // The same with its type kept.
  std::shared_ptr<Synapse> copy() const;
};

}  // namespace bittensor
