// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace bittensor {

// The bytes that hexadecimal digits, two a byte, stand for; nothing if `hex` is anything else.
// Not absl's function, of which each release has the one that the other lacks or deprecates.
std::optional<std::string> hex_to_bytes(absl::string_view hex);

}  // namespace bittensor
