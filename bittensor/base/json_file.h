// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/status.h"
#include "nlohmann/json_fwd.hpp"

namespace bittensor {

// Writes `json` to `path`, whole or not at all. The error names path and reason.
[[nodiscard]] absl::Status write_json(const std::string& path, const nlohmann::json& json);

}  // namespace bittensor
