// SPDX-License-Identifier: MIT
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "torch/nn/module.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/state.h"
#include "bittensor/toolbox/status_of.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxListed = 5;

std::string describe(const at::Tensor& tensor) {
  return absl::StrCat(c10::toString(tensor.scalar_type()), " [",
                      absl::StrJoin(tensor.sizes(), ", "), "]");
}

void add_list(std::vector<std::string>& parts, const char* title, std::vector<std::string> names) {
  if (names.empty()) return;
  const std::size_t more = names.size() > kMaxListed ? names.size() - kMaxListed : 0;
  names.resize(names.size() - more);
  parts.push_back(absl::StrCat(title, " ", absl::StrJoin(names, ", "),
                               more > 0 ? absl::StrCat(" and ", more, " more") : ""));
}

}  // namespace

StateDict state_dict(const torch::nn::Module& module) {
  StateDict state;
  for (const auto& item : module.named_parameters()) {
    if (item.value().defined()) state[item.key()] = item.value().detach();
  }
  for (const auto& item : module.named_buffers()) {
    if (item.value().defined()) state[item.key()] = item.value().detach();
  }
  return state;
}

absl::Status check_state_dict(const torch::nn::Module& module, const StateDict& state) {
  const StateDict expected = state_dict(module);
  std::vector<std::string> missing, unexpected, different;
  for (const auto& [name, tensor] : expected) {
    const auto found = state.find(name);
    if (found == state.end()) {
      missing.push_back(name);
    } else if (found->second.sizes() != tensor.sizes() ||
               found->second.scalar_type() != tensor.scalar_type()) {
      different.push_back(absl::StrCat(name, " is ", describe(tensor), " in the model and ",
                                       describe(found->second), " in the saved state"));
    }
  }
  for (const auto& [name, tensor] : state) {
    if (expected.count(name) == 0) unexpected.push_back(name);
  }
  std::vector<std::string> parts;
  add_list(parts, "missing:", std::move(missing));
  add_list(parts, "unexpected:", std::move(unexpected));
  add_list(parts, "different:", std::move(different));
  if (parts.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the saved state is of another model: ", absl::StrJoin(parts, "; ")));
}

absl::Status load_state_dict(torch::nn::Module& module, const StateDict& state) {
  BITTENSOR_RETURN_IF_ERROR(check_state_dict(module, state));
  return internal::status_of([&] {
    const torch::NoGradGuard no_grad;
    for (auto& [name, tensor] : state_dict(module)) tensor.copy_(state.at(name));
    return absl::OkStatus();
  });
}

}  // namespace bittensor
