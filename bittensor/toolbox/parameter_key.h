// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include "ATen/core/Tensor.h"
#include "absl/strings/str_cat.h"

namespace bittensor {

// What torch::optim::Optimizer::state() keeps the state of `parameter` under: libtorch 1 its
// printed address, later ones the address. `Map` is the type of that state.
template <typename Map>
typename Map::key_type parameter_key(const Map& /*state*/, const at::Tensor& parameter) {
  if constexpr (std::is_same_v<typename Map::key_type, std::string>) {
    const auto address = reinterpret_cast<std::uintptr_t>(parameter.unsafeGetTensorImpl());
    return absl::StrCat("0x", absl::Hex(address));
  } else {
    return parameter.unsafeGetTensorImpl();
  }
}

}  // namespace bittensor
