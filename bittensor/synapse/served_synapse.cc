// SPDX-License-Identifier: MIT
#include "bittensor/synapse/served_synapse.h"

#include <exception>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "torch/autograd.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/tensor/finite.h"

namespace bittensor {
namespace {

std::shared_ptr<Synapse> frozen_copy(const Synapse& synapse) {
  std::shared_ptr<Synapse> copy = synapse.copy();
  copy->eval();
  return copy;
}

// Calls `run`, and turns what it throws into a Status.
template <typename Run>
auto guarded(const Run& run) -> absl::StatusOr<decltype(run())> {
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

ServedSynapse::Gradients gradients_of(Synapse& synapse, const Inputs& inputs,
                                      const at::Tensor& output_gradient,
                                      ServedSynapse::Wanted wanted) {
  const c10::InferenceMode ordinary_tensors(false);
  const torch::AutoGradMode with_grad(true);
  Inputs asked = inputs;
  std::vector<at::Tensor> leaves;
  if (wanted.inputs) {
    asked.tensor = inputs.tensor.detach().clone().requires_grad_();
    leaves.push_back(asked.tensor);
  }
  const std::vector<at::Tensor> parameters =
      wanted.parameters ? synapse.parameters() : std::vector<at::Tensor>();
  for (const at::Tensor& parameter : parameters) {
    if (parameter.requires_grad()) leaves.push_back(parameter);
  }
  ServedSynapse::Gradients gradients;
  gradients.parameters.resize(parameters.size());
  if (wanted.inputs) gradients.inputs = at::zeros_like(inputs.tensor);
  const at::Tensor output = run(synapse, asked);
  if (!output.defined() || !output.requires_grad() || leaves.empty()) return gradients;
  // grad(), not backward(): nothing but what is returned is touched.
  const std::vector<at::Tensor> found = torch::autograd::grad(
      {output}, leaves, {output_gradient.to(output.options())}, /*retain_graph=*/{},
      /*create_graph=*/false, /*allow_unused=*/true);
  auto next = found.begin();
  if (wanted.inputs) {
    if (next->defined()) gradients.inputs = *next;
    ++next;
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].requires_grad()) gradients.parameters[i] = *next++;
  }
  return gradients;
}

}  // namespace

ServedSynapse::ServedSynapse(const Synapse& synapse)
    : synapse_(frozen_copy(synapse)), schema_(synapse.schema()) {}

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

absl::StatusOr<at::Tensor> ServedSynapse::predict(const at::Tensor& outputs) {
  if (!schema_.task.defined()) return absl::UnimplementedError("the synapse has no task");
  const auto logits = guarded([&] {
    const MutexLock lock(mutex_);
    const c10::InferenceMode ordinary_tensors(false);
    const torch::NoGradGuard no_grad;
    const at::Tensor found = synapse_->predict(outputs.to(device_of(*synapse_, outputs.device())));
    return found.defined() ? found.to(outputs.device()) : found;
  });
  BITTENSOR_RETURN_IF_ERROR(logits.status());
  if (!logits->defined() || logits->dim() != 2 || logits->size(0) != outputs.size(0) ||
      logits->size(1) != schema_.task.classes || !all_finite(*logits)) {
    return absl::InternalError(absl::StrCat("synapse predicts ", describe(*logits), " of task ",
                                            schema_.task.name, " with ", schema_.task.classes,
                                            " classes, or values that are not finite"));
  }
  return logits->detach();
}

absl::StatusOr<ServedSynapse::Gradients> ServedSynapse::gradients(const Inputs& inputs,
                                                                  const at::Tensor& output_gradient,
                                                                  Wanted wanted, Values values) {
  BITTENSOR_RETURN_IF_ERROR(check(inputs, values));
  const bool differentiable =
      schema_.modality != Modality::kText && inputs.tensor.is_floating_point();
  if (wanted.inputs && !differentiable) {
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
  auto found = guarded([&] {
    const MutexLock lock(mutex_);
    return gradients_of(*synapse_, inputs, output_gradient, wanted);
  });
  BITTENSOR_RETURN_IF_ERROR(found.status());
  if (wanted.inputs && !all_finite(found->inputs)) {
    return absl::InternalError("synapse gives a gradient of NaN or infinite values");
  }
  return found;
}

absl::StatusOr<at::Tensor> ServedSynapse::backward(const Inputs& inputs,
                                                   const at::Tensor& output_gradient,
                                                   Values values) {
  BITTENSOR_ASSIGN_OR_RETURN(Gradients found,
                             gradients(inputs, output_gradient, {/*inputs=*/true}, values));
  return found.inputs;
}

}  // namespace bittensor
