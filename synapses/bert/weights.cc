// SPDX-License-Identifier: MIT
#include "synapses/bert/weights.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "synapses/bert/names.h"
#include "torch/nn/module.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/weights_files.h"

namespace bittensor {
namespace {

constexpr absl::string_view kPrefix = "bert.";

// The model's name for what a file calls `name`.
std::string name_in_model(const std::string& name, const TensorMap& model) {
  if (model.count(name) != 0) return name;
  const std::string other =
      absl::StartsWith(name, kPrefix) ? name.substr(kPrefix.size()) : absl::StrCat(kPrefix, name);
  return model.count(other) != 0 ? other : name;
}

// What files hold although it says nothing new.
bool is_redundant(absl::string_view name) {
  return name == "cls.predictions.decoder.weight";
}

// Whether `source` can take the place of `target`.
bool can_be(const at::Tensor& target, const at::Tensor& source) {
  return source.scalar_type() == target.scalar_type() && source.device() == target.device() &&
         source.is_contiguous() && !source.requires_grad();
}

std::string list(absl::string_view title, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  constexpr std::size_t kMost = 20;
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(kMost, names.size()));
  return absl::StrCat(
      title, ": ", absl::StrJoin(names.begin(), end, ", "),
      names.size() > kMost ? absl::StrCat(" and ", names.size() - kMost, " more") : "");
}

std::string shape_text(const at::Tensor& tensor) {
  return absl::StrCat("[", absl::StrJoin(tensor.sizes().vec(), ", "), "]");
}

}  // namespace

std::string WeightsReport::to_string() const {
  const std::string first = list("missing", missing);
  const std::string second = list("unexpected", unexpected);
  return absl::StrCat(first, first.empty() || second.empty() ? "" : "; ", second);
}

TensorMap weights_of(const torch::nn::Module& model) {
  TensorMap weights;
  for (const auto& item : model.named_parameters()) weights[item.key()] = item.value().detach();
  for (const auto& item : model.named_buffers()) weights[item.key()] = item.value();
  return weights;
}

absl::StatusOr<WeightsReport> load_weights(const TensorMap& written, torch::nn::Module& model,
                                           WeightsMemory memory) {
  const TensorMap weights = bert_names(written);
  TensorMap targets = weights_of(model);
  TensorMap sources;
  WeightsReport report;
  std::vector<std::string> misshaped;
  for (const auto& [name, tensor] : weights) {
    const std::string target = name_in_model(name, targets);
    const auto found = targets.find(target);
    if (found == targets.end()) {
      if (!is_redundant(name)) report.unexpected.push_back(in_quotes(name));
    } else if (found->second.sizes() != tensor.sizes()) {
      misshaped.push_back(absl::StrCat(in_quotes(name), " ", shape_text(tensor), " for ",
                                       shape_text(found->second)));
    } else {
      sources[target] = tensor;
    }
  }
  if (!misshaped.empty()) return absl::InvalidArgumentError(list("other shapes", misshaped));
  torch::NoGradGuard no_grad;
  auto parameters = model.named_parameters();
  std::set<const void*> shared;
  for (auto& [name, target] : targets) {
    const auto source = sources.find(name);
    if (source == sources.end()) {
      report.missing.push_back(name);
    } else if (memory == WeightsMemory::kShared && parameters.contains(name) &&
               can_be(target, source->second) && shared.insert(source->second.data_ptr()).second) {
      parameters[name].set_data(source->second);
    } else {
      target.copy_(source->second);
    }
  }
  return report;
}

absl::StatusOr<WeightsReport> load_weights(const std::string& path, torch::nn::Module& model) {
  BITTENSOR_ASSIGN_OR_RETURN(const TensorMap weights, read_weights(path));
  auto report = load_weights(weights, model);
  if (!report.ok()) {
    return absl::Status(report.status().code(),
                        absl::StrCat(path, ": ", report.status().message()));
  }
  return report;
}

}  // namespace bittensor
