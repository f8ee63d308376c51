// SPDX-License-Identifier: MIT
#include "bittensor/synapse/synapse.h"

#include "torch/nn/module.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

using NamedTensors = torch::OrderedDict<std::string, torch::Tensor>;

// Gives each tensor of `to` the values of the tensor of `from` with its name.
void copy_tensors(const NamedTensors& from, NamedTensors to, const OptionalDevice& device) {
  TORCH_CHECK(from.size() == to.size(), "a synapse with ", from.size(),
              " parameters or buffers gives a fresh() with ", to.size());
  for (const auto& item : from) {
    const torch::Tensor& source = item.value();
    torch::Tensor* target = to.find(item.key());
    TORCH_CHECK(target != nullptr, "a synapse's fresh() has no ", item.key());
    TORCH_CHECK(target->sizes() == source.sizes(), "a synapse's fresh() has ", item.key(),
                " of shape ", target->sizes(), ", not ", source.sizes());
    const auto home = device.value_or(source.device());
    if (target->device() == home && target->scalar_type() == source.scalar_type() &&
        target->strides() == source.strides() && !target->is_alias_of(source)) {
      target->copy_(source);  // into the memory that is there: a large model fits but once
    } else {                  // The dtype and the device are the source's, too.
      target->set_data(source.detach().to(home, source.scalar_type(), /*non_blocking=*/false,
                                          /*copy=*/true));
    }
    target->requires_grad_(source.requires_grad());
  }
}

}  // namespace

torch::Tensor Synapse::forward_text(const std::vector<std::string>&) {
  TORCH_CHECK_NOT_IMPLEMENTED(false, "synapse does not take text");
}

torch::Tensor Synapse::forward_image(const torch::Tensor&) {
  TORCH_CHECK_NOT_IMPLEMENTED(false, "synapse does not take images");
}

torch::Tensor Synapse::forward_tensor(const torch::Tensor&) {
  TORCH_CHECK_NOT_IMPLEMENTED(false, "synapse does not take tensors");
}

torch::Tensor Synapse::predict(const torch::Tensor&) {
  return {};
}

torch::Tensor Synapse::forward_inputs(const Inputs& inputs) {
  switch (inputs.modality) {
    case Modality::kText:
      return forward_text(inputs.text);
    case Modality::kImage:
      return forward_image(inputs.tensor);
    case Modality::kTensor:
      return forward_tensor(inputs.tensor);
  }
  TORCH_CHECK_NOT_IMPLEMENTED(false, "inputs of unknown modality");
}

std::shared_ptr<torch::nn::Module> Synapse::clone(const OptionalDevice& device) const {
  const std::shared_ptr<Synapse> copied = fresh();
  TORCH_CHECK(copied != nullptr, "a synapse's fresh() is null");
  const torch::NoGradGuard no_grad;
  copy_tensors(named_parameters(), copied->named_parameters(), device);
  copy_tensors(named_buffers(), copied->named_buffers(), device);
  // By name and from the outside in: train() also sets the modules inside, which follow and
  // may be in another mode, like a frozen part of a model in training.
  copied->train(is_training());
  auto modules = copied->named_modules("", /*include_self=*/false);
  for (const auto& item : named_modules("", /*include_self=*/false)) {
    if (auto* module = modules.find(item.key())) (*module)->train(item.value()->is_training());
  }
  return copied;
}

std::shared_ptr<Synapse> Synapse::copy() const {
  return std::static_pointer_cast<Synapse>(clone());
}

}  // namespace bittensor
