// SPDX-License-Identifier: MIT
#include "synapses/script/script_synapse.h"

#include <exception>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "torch/script.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

constexpr std::int64_t kAnySize = 32;  // tried where a model takes all sizes
constexpr std::int64_t kRows = 2;      // one would not tell a batch from a single answer

Inputs trial_inputs(const Schema& schema) {
  if (schema.modality == Modality::kText) return Inputs::of_text({"one two", "three"});
  std::vector<std::int64_t> sizes = {kRows};
  for (const std::int64_t size : schema.shape) sizes.push_back(size < 0 ? kAnySize : size);
  return {schema.modality, torch::zeros(sizes, schema.dtype), {}};
}

// What an exception of TorchScript says is a page of its stack; this is its last line with words.
std::string last_line(absl::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text.substr(text.rfind('\n') + 1));
}

absl::StatusOr<std::int64_t> network_dim_of(Synapse& synapse, const Schema& schema) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor output = synapse.forward_inputs(trial_inputs(schema));
  const std::int64_t dimensions = schema.modality == Modality::kText ? 3 : 2;
  if (output.is_floating_point() && output.dim() == dimensions && output.size(0) == kRows) {
    return output.size(-1);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "to ", kRows, " rows of ", to_string(schema.modality), " it answers ",
      at::toString(output.scalar_type()), " [", absl::StrJoin(output.sizes(), ", "), "], not [",
      kRows, ", ", dimensions == 3 ? "sequence, " : "", "network_dim] of floating point"));
}

}  // namespace

absl::StatusOr<std::shared_ptr<ScriptSynapse>> ScriptSynapse::open(const std::string& path,
                                                                   Schema schema,
                                                                   torch::Device device) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  }
  try {
    torch::jit::Module module = torch::jit::load(path, device);
    module.eval();
    ScriptSynapse trial(module, schema, device);
    const auto network_dim = network_dim_of(trial, schema);
    if (!network_dim.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", network_dim.status().message()));
    }
    schema.network_dim = *network_dim;
    return std::make_shared<ScriptSynapse>(std::move(module), std::move(schema), device);
  } catch (const c10::Error& thrown) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", last_line(thrown.what_without_backtrace())));
  } catch (const std::exception& thrown) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", last_line(thrown.what())));
  }
}

std::shared_ptr<Synapse> ScriptSynapse::fresh() const {
  return std::make_shared<ScriptSynapse>(module_.deepcopy(), schema_, device_);
}

torch::Tensor ScriptSynapse::run(const torch::jit::IValue& inputs) {
  return module_.forward({inputs}).toTensor();
}

torch::Tensor ScriptSynapse::forward_text(const std::vector<std::string>& inputs) {
  if (schema_.modality != Modality::kText) return Synapse::forward_text(inputs);
  return run(c10::List<std::string>(c10::ArrayRef<std::string>(inputs)));
}

torch::Tensor ScriptSynapse::forward_image(const torch::Tensor& inputs) {
  if (schema_.modality != Modality::kImage) return Synapse::forward_image(inputs);
  return run(inputs.to(device_));
}

torch::Tensor ScriptSynapse::forward_tensor(const torch::Tensor& inputs) {
  if (schema_.modality != Modality::kTensor) return Synapse::forward_tensor(inputs);
  return run(inputs.to(device_));
}

}  // namespace bittensor
