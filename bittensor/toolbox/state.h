// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "ATen/core/Tensor.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace torch::nn {
class Module;
}
namespace torch::optim {
class Optimizer;
}

namespace bittensor {

// Tensors by name.
using StateDict = std::map<std::string, at::Tensor>;

// The parameters and buffers of `module` by their dotted names, as in PyTorch:
// "encoder.weight". They share the module's memory: whoever needs them as they are now
// must not train meanwhile.
StateDict state_dict(const torch::nn::Module& module);

// kInvalidArgument unless `state` has exactly the names, shapes and types of `module`'s
// parameters and buffers; the message lists what is missing, unexpected or different.
absl::Status check_state_dict(const torch::nn::Module& module, const StateDict& state);

// Copies `state` into the module, wherever its tensors are, or changes nothing: see
// check_state_dict().
absl::Status load_state_dict(torch::nn::Module& module, const StateDict& state);

// What an optimizer remembers between steps. The parameter in front of the dot is counted
// through the optimizer's groups in order, as in PyTorch:
//   SGD          "0.momentum_buffer"                          shaped like parameter 0
//   Adam, AdamW  "0.exp_avg", "0.exp_avg_sq", with amsgrad "0.max_exp_avg_sq"
//                "0.step"                                     int64, no dimensions
//   all          "learning_rates"                             double, [groups]
// A parameter that has had no gradient yet has no entries. Other options than the learning
// rate, which schedules change, are those that the optimizer was made with.
struct OptimizerState {
  std::string kind;  // "SGD", "Adam" or "AdamW"; empty: none was saved
  StateDict tensors;
};

// kInvalidArgument for other optimizers than SGD, Adam and AdamW. Shares the optimizer's memory.
absl::StatusOr<OptimizerState> optimizer_state(const torch::optim::Optimizer& optimizer);

// kInvalidArgument unless `state` fits: same kind, same groups and parameters' shapes.
absl::Status check_optimizer_state(const torch::optim::Optimizer& optimizer,
                                   const OptimizerState& state);

// Replaces what the optimizer remembers by a copy of `state`, or changes nothing: see
// check_optimizer_state().
absl::Status load_optimizer_state(torch::optim::Optimizer& optimizer, const OptimizerState& state);

// Zeros what the optimizer remembers of some rows of `parameter`, int64 [n], which from now on
// stand for something else. Optimizers other than SGD, Adam and AdamW stay as they are.
void forget_rows(torch::optim::Optimizer& optimizer, const at::Tensor& parameter,
                 const at::Tensor& rows);

}  // namespace bittensor
