// SPDX-License-Identifier: MIT
#include "synapses/bert/activation.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "torch/types.h"

namespace bittensor {
namespace {

at::Tensor gelu_by(at::Tensor x, const char* approximation) {
  return torch::GradMode::is_enabled() ? torch::gelu(x, approximation)
                                       : torch::gelu_(x, approximation);
}

at::Tensor gelu(at::Tensor x) {
  return gelu_by(std::move(x), "none");
}
// Hendrycks and Gimpel 2016, arXiv:1606.08415. "gelu_new", "gelu_fast" and "gelu_accurate" write
// the same formula in different ways.
at::Tensor gelu_tanh(at::Tensor x) {
  return gelu_by(std::move(x), "tanh");
}
at::Tensor gelu_10(at::Tensor x) {
  return torch::gelu(x).clamp(-10, 10);
}
at::Tensor quick_gelu(at::Tensor x) {
  return x * torch::sigmoid(1.702 * x);
}
at::Tensor hardswish(at::Tensor x) {
  return torch::hardswish(x);
}
// Ma et al. 2022, "Mega: moving average equipped gated attention", arXiv:2209.10655.
at::Tensor laplace(at::Tensor x) {
  constexpr double kMean = 0.707107;
  constexpr double kDeviation = 0.282095;
  return 0.5 * (1 + torch::erf((x - kMean) / (kDeviation * 1.4142135623730951)));
}
at::Tensor leaky_relu(at::Tensor x) {
  return torch::leaky_relu(x);
}
at::Tensor linear(at::Tensor x) {
  return x;
}
at::Tensor mish(at::Tensor x) {
  return torch::mish(x);
}
// Its gradient needs only the result.
at::Tensor relu(at::Tensor x) {
  return torch::relu_(x);
}
// So et al. 2021, "Primer", arXiv:2109.08668.
at::Tensor relu2(at::Tensor x) {
  return torch::relu(x).square();
}
at::Tensor relu6(at::Tensor x) {
  return torch::relu6(x);
}
at::Tensor sigmoid(at::Tensor x) {
  return torch::sigmoid(x);
}
at::Tensor silu(at::Tensor x) {
  return torch::silu(x);
}
at::Tensor sqrtsoftplus(at::Tensor x) {
  return torch::softplus(x).sqrt();
}
at::Tensor tanh(at::Tensor x) {
  return torch::tanh(x);
}

constexpr std::pair<absl::string_view, BertActivation> kActivations[] = {
    {"gelu", gelu},
    {"gelu_10", gelu_10},
    {"gelu_accurate", gelu_tanh},
    {"gelu_fast", gelu_tanh},
    {"gelu_new", gelu_tanh},
    {"gelu_python", gelu},
    {"gelu_python_tanh", gelu_tanh},
    {"gelu_pytorch_tanh", gelu_tanh},
    {"hardswish", hardswish},
    {"laplace", laplace},
    {"leaky_relu", leaky_relu},
    {"linear", linear},
    {"mish", mish},
    {"quick_gelu", quick_gelu},
    {"relu", relu},
    {"relu2", relu2},
    {"relu6", relu6},
    {"sigmoid", sigmoid},
    {"silu", silu},
    {"sqrtsoftplus", sqrtsoftplus},
    {"swish", silu},
    {"tanh", tanh},
};

// Those of transformers that have parameters of their own, which no BERT that was trained has.
constexpr absl::string_view kWithParameters[] = {"prelu", "xielu"};

}  // namespace

bool bert_activation_has_parameters(absl::string_view name) {
  return std::find(std::begin(kWithParameters), std::end(kWithParameters), name) !=
         std::end(kWithParameters);
}

BertActivation find_bert_activation(absl::string_view name) {
  for (const auto& [known, function] : kActivations) {
    if (known == name) return function;
  }
  return nullptr;
}

}  // namespace bittensor
