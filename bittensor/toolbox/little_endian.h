// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstring>
#include <optional>

#include "absl/strings/string_view.h"

namespace bittensor {

// The little-endian number at byte `at`; nothing if it does not lie within `bytes`. This
// machine's own byte order is little-endian, as libtorch's builds are.
template <typename Number>
std::optional<Number> read_number(absl::string_view bytes, std::size_t at) {
  if (at > bytes.size() || bytes.size() - at < sizeof(Number)) return std::nullopt;
  Number number;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

}  // namespace bittensor
