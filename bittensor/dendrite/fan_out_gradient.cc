// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/fan_out_gradient.h"

#include <memory>
#include <utility>

#include "torch/csrc/autograd/function.h"
#include "torch/csrc/autograd/functions/utils.h"
#include "torch/csrc/autograd/variable.h"

namespace bittensor {
namespace {

using torch::autograd::variable_list;

class FanOutGradient final : public torch::autograd::Node {
 public:
  explicit FanOutGradient(FetchGradients fetch) : fetch_(std::move(fetch)) {}

  // The node's input k is the output of this call.
  void add_output(std::size_t call) { calls_.push_back(call); }

  variable_list apply(variable_list&& output_gradients) override {
    const torch::NoGradGuard no_grad;
    std::vector<GradientRequest> requests;
    for (std::size_t k = 0; k < calls_.size(); ++k) {
      if (output_gradients[k].defined() && task_should_compute_output(calls_[k])) {
        requests.push_back({calls_[k], output_gradients[k]});
      }
    }
    variable_list input_gradients(num_outputs());
    if (requests.empty()) return input_gradients;
    std::vector<at::Tensor> fetched = fetch_(requests);
    for (std::size_t k = 0; k < requests.size(); ++k) {
      input_gradients[requests[k].call] = std::move(fetched[k]);
    }
    return input_gradients;
  }

 private:
  const FetchGradients fetch_;
  std::vector<std::size_t> calls_;
};

}  // namespace

void attach_fan_out_gradient(const std::vector<at::Tensor>& inputs,
                             std::vector<at::Tensor>& outputs, FetchGradients fetch) {
  bool needed = false;
  for (const at::Tensor& input : inputs) needed |= input.defined() && input.requires_grad();
  if (!needed || !torch::GradMode::is_enabled()) return;

  std::shared_ptr<FanOutGradient> node(new FanOutGradient(std::move(fetch)),
                                       torch::autograd::deleteNode);
  node->set_next_edges(torch::autograd::collect_next_edges(inputs));
  for (std::size_t call = 0; call < outputs.size(); ++call) {
    if (!outputs[call].defined() || !inputs[call].defined() || !inputs[call].requires_grad()) {
      continue;
    }
    node->add_output(call);
    torch::autograd::set_history(outputs[call], node);
  }
}

}  // namespace bittensor
