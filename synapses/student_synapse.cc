// SPDX-License-Identifier: MIT
#include "synapses/student_synapse.h"

#include "torch/nn/modules/activation.h"
#include "torch/nn/modules/container/sequential.h"
#include "torch/nn/modules/linear.h"
#include "torch/types.h"

namespace bittensor {

// Narrow in the middle: two square layers of network_dim would hold and move four times the
// parameters and are not more accurate.
StudentSynapse::StudentSynapse(std::int64_t network_dim, std::int64_t student, std::int64_t joint) {
  using torch::nn::Linear;
  using torch::nn::ReLU;
  using torch::nn::Sequential;
  student_ = register_module(
      "student", Sequential(Linear(network_dim, student), ReLU(), Linear(student, network_dim)));
  joint_ = register_module(
      "joint", Sequential(Linear(network_dim, joint), ReLU(), Linear(joint, network_dim)));
}

torch::Tensor StudentSynapse::student_of(const torch::Tensor& context) {
  return student_->forward(context.detach());
}

// What goes past the joint part makes it learn from the first step on, as in K. He et al. 2015,
// "Deep residual learning", arXiv 1512.03385.
torch::Tensor StudentSynapse::output_of(const torch::Tensor& joined, const torch::Tensor& past) {
  return torch::tanh(joint_->forward(joined) + past);
}

}  // namespace bittensor
