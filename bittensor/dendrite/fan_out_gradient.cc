// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/fan_out_gradient.h"

#include <utility>

#include "ATen/core/grad_mode.h"
#include "torch/csrc/autograd/custom_function.h"

namespace bittensor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What backward() needs, kept in the graph: calls[k] is the call of the node's output k.
struct AskedCalls : torch::CustomClassHolder {
  FetchGradients fetch;
  std::vector<std::size_t> calls;
};

constexpr char kAskedCalls[] = "asked_calls";

class FanOutGradient : public torch::autograd::Function<FanOutGradient> {
 public:
  // inputs[k] and outputs[k] are those of call asked->calls[k]. `inputs` must be a TensorList:
  // autograd sees no tensors in other containers.
  static variable_list forward(AutogradContext* context, at::TensorList /*inputs*/,
                               const variable_list& outputs,
                               const c10::intrusive_ptr<AskedCalls>& asked) {
    context->set_materialize_grads(false);
    context->saved_data[kAskedCalls] = at::IValue::make_capsule(asked);
    return outputs;
  }

  static variable_list backward(AutogradContext* context, const variable_list& output_gradients) {
    const at::NoGradGuard no_grad;
    const auto capsule = context->saved_data.at(kAskedCalls).toCapsule();
    const auto& asked = static_cast<const AskedCalls&>(*capsule);
    std::vector<GradientRequest> requests;
    std::vector<std::size_t> outputs;  // of each request
    for (std::size_t k = 0; k < asked.calls.size(); ++k) {
      if (output_gradients[k].defined() && context->needs_input_grad(k)) {
        requests.push_back({asked.calls[k], output_gradients[k]});
        outputs.push_back(k);
      }
    }
    // One for each argument of forward(); those behind the inputs have none.
    variable_list input_gradients(asked.calls.size() + 2);
    if (requests.empty()) return input_gradients;
    std::vector<at::Tensor> fetched = asked.fetch(requests);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      input_gradients[outputs[i]] = std::move(fetched[i]);
    }
    return input_gradients;
  }
};

}  // namespace

void attach_fan_out_gradient(const std::vector<at::Tensor>& inputs,
                             std::vector<at::Tensor>& outputs, FetchGradients fetch) {
  if (!at::GradMode::is_enabled()) return;
  std::vector<std::size_t> calls;
  variable_list of_inputs;
  variable_list of_outputs;
  for (std::size_t call = 0; call < outputs.size(); ++call) {
    if (!outputs[call].defined() || !inputs[call].defined() || !inputs[call].requires_grad()) {
      continue;
    }
    calls.push_back(call);
    of_inputs.push_back(inputs[call]);
    of_outputs.push_back(outputs[call]);
  }
  if (calls.empty()) return;

  const auto asked = c10::make_intrusive<AskedCalls>();
  asked->fetch = std::move(fetch);
  asked->calls = calls;
  const variable_list attached =
      FanOutGradient::apply(at::TensorList(of_inputs), of_outputs, asked);
  for (std::size_t k = 0; k < calls.size(); ++k) outputs[calls[k]] = attached[k];
}

}  // namespace bittensor
