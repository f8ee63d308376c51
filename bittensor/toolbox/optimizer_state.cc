// SPDX-License-Identifier: MIT
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "torch/optim/adam.h"
#include "torch/optim/adamw.h"
#include "torch/optim/optimizer.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/parameter_key.h"
#include "bittensor/toolbox/state.h"
#include "bittensor/toolbox/status_of.h"

namespace bittensor {
namespace {

using torch::optim::Optimizer;
using torch::optim::OptimizerParamState;

constexpr char kRates[] = "learning_rates";

struct Parameter {
  const at::Tensor* tensor;
  const torch::optim::OptimizerParamGroup* group;
};

std::vector<Parameter> parameters_of(const Optimizer& optimizer) {
  std::vector<Parameter> parameters;
  for (const auto& group : optimizer.param_groups()) {
    for (const at::Tensor& tensor : group.params()) parameters.push_back({&tensor, &group});
  }
  return parameters;
}

std::string kind_of(const Optimizer& optimizer) {
  if (dynamic_cast<const torch::optim::SGD*>(&optimizer) != nullptr) return "SGD";
  if (dynamic_cast<const torch::optim::Adam*>(&optimizer) != nullptr) return "Adam";
  if (dynamic_cast<const torch::optim::AdamW*>(&optimizer) != nullptr) return "AdamW";
  return "";
}

bool uses_amsgrad(const torch::optim::OptimizerParamGroup& group) {
  if (const auto* adam = dynamic_cast<const torch::optim::AdamOptions*>(&group.options())) {
    return adam->amsgrad();
  }
  const auto* adamw = dynamic_cast<const torch::optim::AdamWOptions*>(&group.options());
  return adamw != nullptr && adamw->amsgrad();
}

template <typename AdamState>
StateDict adam_fields(const AdamState& state) {
  StateDict fields{{"step", torch::tensor(state.step(), torch::kInt64)},
                   {"exp_avg", state.exp_avg()},
                   {"exp_avg_sq", state.exp_avg_sq()}};
  if (state.max_exp_avg_sq().defined()) fields["max_exp_avg_sq"] = state.max_exp_avg_sq();
  return fields;
}

StateDict fields_of(const OptimizerParamState& state) {
  if (const auto* adam = dynamic_cast<const torch::optim::AdamParamState*>(&state)) {
    return adam_fields(*adam);
  }
  if (const auto* adamw = dynamic_cast<const torch::optim::AdamWParamState*>(&state)) {
    return adam_fields(*adamw);
  }
  const auto* sgd = dynamic_cast<const torch::optim::SGDParamState*>(&state);
  if (sgd == nullptr || !sgd->momentum_buffer().defined()) return {};
  return {{"momentum_buffer", sgd->momentum_buffer()}};
}

template <typename AdamState>
std::unique_ptr<OptimizerParamState> adam_state(const StateDict& fields) {
  auto state = std::make_unique<AdamState>();
  state->step(fields.at("step").template item<std::int64_t>());
  state->exp_avg(fields.at("exp_avg"));
  state->exp_avg_sq(fields.at("exp_avg_sq"));
  const auto max = fields.find("max_exp_avg_sq");
  if (max != fields.end()) state->max_exp_avg_sq(max->second);
  return state;
}

std::unique_ptr<OptimizerParamState> make_state(const std::string& kind, const StateDict& fields) {
  if (kind == "Adam") return adam_state<torch::optim::AdamParamState>(fields);
  if (kind == "AdamW") return adam_state<torch::optim::AdamWParamState>(fields);
  auto state = std::make_unique<torch::optim::SGDParamState>();
  state->momentum_buffer(fields.at("momentum_buffer"));
  return state;
}

using FieldsByIndex = std::map<std::size_t, StateDict>;

absl::StatusOr<FieldsByIndex> by_index(const StateDict& tensors) {
  FieldsByIndex result;
  for (const auto& [name, tensor] : tensors) {
    if (name == kRates) continue;
    const std::size_t dot = name.find('.');
    std::size_t index = 0;
    if (dot == std::string::npos || !absl::SimpleAtoi(name.substr(0, dot), &index)) {
      return absl::InvalidArgumentError(absl::StrCat("unexpected optimizer state ", name));
    }
    result[index][name.substr(dot + 1)] = tensor;
  }
  return result;
}

absl::Status check_step(const at::Tensor& step) {
  if (step.scalar_type() != torch::kInt64 || step.dim() != 0 || step.item<std::int64_t>() < 0) {
    return absl::InvalidArgumentError("its step is not a count");
  }
  return absl::OkStatus();
}

absl::Status check_fields(const std::string& kind, const Parameter& parameter,
                          const StateDict& fields) {
  std::vector<std::string> names{"momentum_buffer"};
  if (kind != "SGD") {
    names = {"step", "exp_avg", "exp_avg_sq"};
    if (uses_amsgrad(*parameter.group)) names.emplace_back("max_exp_avg_sq");
  }
  for (const std::string& name : names) {
    const auto found = fields.find(name);
    if (found == fields.end()) return absl::InvalidArgumentError(absl::StrCat("no ", name));
    if (name == "step") {
      BITTENSOR_RETURN_IF_ERROR(check_step(found->second));
    } else if (found->second.sizes() != parameter.tensor->sizes() ||
               found->second.scalar_type() != parameter.tensor->scalar_type()) {
      return absl::InvalidArgumentError(absl::StrCat(name, " is not shaped like the parameter"));
    }
  }
  if (fields.size() != names.size()) return absl::InvalidArgumentError("unexpected entries");
  return absl::OkStatus();
}

absl::Status check_rates(const Optimizer& optimizer, const StateDict& tensors) {
  const auto groups = static_cast<std::int64_t>(optimizer.param_groups().size());
  const auto rates = tensors.find(kRates);
  if (rates == tensors.end() || rates->second.scalar_type() != torch::kFloat64 ||
      rates->second.dim() != 1 || rates->second.size(0) != groups) {
    return absl::InvalidArgumentError(absl::StrCat("the saved optimizer state does not have the ",
                                                   groups, " parameter groups of this one"));
  }
  if (!rates->second.isfinite().all().item<bool>()) {
    return absl::InvalidArgumentError("a saved learning rate is not finite");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OptimizerState> optimizer_state(const Optimizer& optimizer) {
  OptimizerState saved{kind_of(optimizer), {}};
  if (saved.kind.empty()) {
    return absl::InvalidArgumentError("only SGD, Adam and AdamW can be saved");
  }
  const auto parameters = parameters_of(optimizer);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto found =
        optimizer.state().find(parameter_key(optimizer.state(), *parameters[i].tensor));
    if (found == optimizer.state().end()) continue;
    for (const auto& [name, tensor] : fields_of(*found->second)) {
      saved.tensors[absl::StrCat(i, ".", name)] = tensor;
    }
  }
  std::vector<double> rates;
  for (const auto& group : optimizer.param_groups()) rates.push_back(group.options().get_lr());
  saved.tensors[kRates] = torch::tensor(rates, torch::kFloat64);
  return saved;
}

absl::Status check_optimizer_state(const Optimizer& optimizer, const OptimizerState& state) {
  return internal::status_of([&]() -> absl::Status {
    const std::string kind = kind_of(optimizer);
    if (state.kind != kind || kind.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("the saved optimizer state is of \"",
                                                     state.kind, "\", this one is \"", kind, "\""));
    }
    BITTENSOR_RETURN_IF_ERROR(check_rates(optimizer, state.tensors));
    const auto parameters = parameters_of(optimizer);
    BITTENSOR_ASSIGN_OR_RETURN(const FieldsByIndex saved, by_index(state.tensors));
    for (const auto& [index, fields] : saved) {
      if (index >= parameters.size()) {
        return absl::InvalidArgumentError(absl::StrCat("the saved optimizer state has parameter ",
                                                       index, ", this one ", parameters.size()));
      }
      if (absl::Status why = check_fields(kind, parameters[index], fields); !why.ok()) {
        return absl::InvalidArgumentError(absl::StrCat("the saved optimizer state of parameter ",
                                                       index, " does not fit: ", why.message()));
      }
    }
    return absl::OkStatus();
  });
}

absl::Status load_optimizer_state(Optimizer& optimizer, const OptimizerState& state) {
  BITTENSOR_RETURN_IF_ERROR(check_optimizer_state(optimizer, state));
  return internal::status_of([&]() -> absl::Status {
    BITTENSOR_ASSIGN_OR_RETURN(const FieldsByIndex saved, by_index(state.tensors));
    const auto parameters = parameters_of(optimizer);
    // Everything that can throw comes before the first change.
    std::map<std::size_t, std::unique_ptr<OptimizerParamState>> states;
    for (const auto& [index, fields] : saved) {
      StateDict copies;
      for (const auto& [name, tensor] : fields) {
        copies[name] = tensor.to(parameters[index].tensor->options().dtype(tensor.dtype()),
                                 /*non_blocking=*/false, /*copy=*/true);
      }
      states[index] = make_state(state.kind, copies);
    }
    const at::Tensor rates = state.tensors.at(kRates);

    optimizer.state().clear();
    for (auto& [index, parameter_state] : states) {
      optimizer.state()[parameter_key(optimizer.state(), *parameters[index].tensor)] =
          std::move(parameter_state);
    }
    for (std::size_t i = 0; i < optimizer.param_groups().size(); ++i) {
      optimizer.param_groups()[i].options().set_lr(
          rates[static_cast<std::int64_t>(i)].item<double>());
    }
    return absl::OkStatus();
  });
}

void forget_rows(Optimizer& optimizer, const at::Tensor& parameter, const at::Tensor& rows) {
  if (rows.numel() == 0) return;
  const torch::NoGradGuard no_grad;
  const auto found = optimizer.state().find(parameter_key(optimizer.state(), parameter));
  if (found == optimizer.state().end() || found->second == nullptr) return;
  for (const auto& [name, tensor] : fields_of(*found->second)) {
    if (tensor.dim() > 0) at::Tensor(tensor).index_fill_(0, rows, 0);
  }
}

}  // namespace bittensor
