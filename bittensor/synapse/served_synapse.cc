// SPDX-License-Identifier: MIT
#include "bittensor/synapse/served_synapse.h"

#include <exception>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "torch/torch.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/tensor/finite.h"

namespace bittensor {
namespace {

// `with_gradients`: parameters that require a gradient go on doing so.
std::shared_ptr<Synapse> frozen_copy(const Synapse& synapse, bool with_gradients) {
  std::shared_ptr<Synapse> copy = synapse.copy();
  copy->eval();
  if (with_gradients) return copy;
  for (at::Tensor& parameter : copy->parameters()) parameter.requires_grad_(false);
  return copy;
}

// Calls `run`, and turns what it throws into a Status.
template <typename Run>
absl::StatusOr<at::Tensor> guarded(const Run& run) {
  try {
    return run();
  } catch (const c10::NotImplementedError& error) {
    return absl::UnimplementedError(error.what_without_backtrace());
  } catch (const c10::Error& error) {
    return absl::InternalError(absl::StrCat("synapse failed: ", error.what_without_backtrace()));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("synapse failed: ", error.what()));
  }
}

bool is_output_shape(const at::Tensor& tensor, const Schema& schema, std::int64_t batch) {
  const std::int64_t dimensions = schema.modality == Modality::kText ? 3 : 2;
  return tensor.defined() && tensor.is_floating_point() && tensor.dim() == dimensions &&
         tensor.size(0) == batch && tensor.size(-1) == schema.network_dim;
}

std::string describe(const at::Tensor& tensor) {
  if (!tensor.defined()) return "nothing";
  return absl::StrCat(at::toString(tensor.scalar_type()), " [", absl::StrJoin(tensor.sizes(), ", "),
                      "]");
}

// Where the model lies, or where the inputs are if it has no parameters.
at::Device device_of(const Synapse& synapse, at::Device otherwise) {
  const std::vector<at::Tensor> parameters = synapse.parameters();
  return parameters.empty() ? otherwise : parameters.front().device();
}

// Runs the synapse on `inputs` where it lies, the answer where the inputs are.
at::Tensor run(Synapse& synapse, const Inputs& inputs) {
  if (inputs.modality == Modality::kText) return synapse.forward_inputs(inputs);
  const at::Device home = inputs.tensor.device();
  Inputs moved{inputs.modality, inputs.tensor.to(device_of(synapse, home)), {}};
  const at::Tensor output = synapse.forward_inputs(moved);
  return output.defined() ? output.to(home) : output;
}

// The gradients of the inputs and then of `parameters`; an undefined one is zero.
std::vector<at::Tensor> gradients_of(Synapse& synapse, const std::vector<at::Tensor>& parameters,
                                     const Inputs& inputs, const at::Tensor& output_gradient) {
  const c10::InferenceMode ordinary_tensors(false);
  const torch::AutoGradMode with_grad(true);
  std::vector<at::Tensor> wanted = {inputs.tensor.detach().clone().requires_grad_()};
  const at::Tensor output = run(synapse, {inputs.modality, wanted.front(), {}});
  for (const at::Tensor& parameter : parameters) {
    if (parameter.requires_grad()) wanted.push_back(parameter);
  }
  if (!output.defined() || !output.requires_grad()) {
    return std::vector<at::Tensor>(parameters.size() + 1);
  }
  // grad(), not backward(): nothing but what is returned is touched.
  std::vector<at::Tensor> found = torch::autograd::grad(
      {output}, wanted, {output_gradient.to(output.options())}, /*retain_graph=*/c10::nullopt,
      /*create_graph=*/false, /*allow_unused=*/true);
  std::vector<at::Tensor> gradients = {std::move(found.front())};
  auto next = found.begin() + 1;
  for (const at::Tensor& parameter : parameters) {
    gradients.push_back(parameter.requires_grad() ? std::move(*next++) : at::Tensor());
  }
  return gradients;
}

}  // namespace

ServedSynapse::ServedSynapse(const Synapse& synapse, std::shared_ptr<ParameterGradients> gradients)
    : synapse_(frozen_copy(synapse, gradients != nullptr)),
      schema_(synapse.schema()),
      gradients_(std::move(gradients)) {}

absl::Status ServedSynapse::check(const Inputs& inputs, Values values) const {
  return values == Values::kKnownFinite ? schema_.check_shape(inputs) : schema_.check(inputs);
}

absl::StatusOr<at::Tensor> ServedSynapse::forward(const Inputs& inputs, Values values) {
  BITTENSOR_RETURN_IF_ERROR(check(inputs, values));
  const auto output = guarded([&] {
    const MutexLock lock(mutex_);
    // Not InferenceMode: a caller in this process may use the answer in its own autograd
    // graph, which refuses inference tensors.
    const c10::InferenceMode ordinary_tensors(false);
    const torch::NoGradGuard no_grad;
    return run(*synapse_, inputs);
  });
  BITTENSOR_RETURN_IF_ERROR(output.status());
  if (!is_output_shape(*output, schema_, inputs.batch())) {
    return absl::InternalError(absl::StrCat("synapse ", to_string(schema_), " answers ",
                                            describe(*output), " to a batch of ", inputs.batch()));
  }
  if (!all_finite(*output)) return absl::InternalError("synapse answers NaN or infinite values");
  return output->detach();
}

absl::StatusOr<at::Tensor> ServedSynapse::backward(const Inputs& inputs,
                                                   const at::Tensor& output_gradient,
                                                   Values values) {
  BITTENSOR_RETURN_IF_ERROR(check(inputs, values));
  if (schema_.modality == Modality::kText || !inputs.tensor.is_floating_point()) {
    return absl::UnimplementedError(
        absl::StrCat("inputs of ", to_string(schema_), " have no gradient"));
  }
  if (!is_output_shape(output_gradient, schema_, inputs.batch())) {
    return absl::InvalidArgumentError(absl::StrCat("gradient ", describe(output_gradient),
                                                   " for the output of ", to_string(schema_),
                                                   " to a batch of ", inputs.batch()));
  }
  if (values == Values::kUnchecked && !all_finite(output_gradient)) {
    return absl::InvalidArgumentError("gradient holds NaN or infinite values");
  }
  std::vector<at::Tensor> of_parameters;
  auto gradient = guarded([&] {
    const MutexLock lock(mutex_);
    const auto parameters = gradients_ ? synapse_->parameters() : std::vector<at::Tensor>();
    of_parameters = gradients_of(*synapse_, parameters, inputs, output_gradient);
    const at::Tensor of_inputs = std::move(of_parameters.front());
    of_parameters.erase(of_parameters.begin());
    return of_inputs.defined() ? of_inputs : at::zeros_like(inputs.tensor);
  });
  if (!gradient.ok()) return gradient;
  if (!all_finite(*gradient)) {
    return absl::InternalError("synapse gives a gradient of NaN or infinite values");
  }
  if (gradients_) BITTENSOR_RETURN_IF_ERROR(gradients_->add(of_parameters));
  return gradient;
}

}  // namespace bittensor
