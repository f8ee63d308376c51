// SPDX-License-Identifier: MIT
//
// The log is spdlog's default logger: spdlog::info("{} neurons", n).
#pragma once

#include <string>

#include "absl/status/status.h"

namespace bittensor {

// Sends the log to standard error, as "12:34:56.789 I message".
// `level` is one of trace, debug, info, warning, error, off.
[[nodiscard]] absl::Status start_logging(const std::string& level);

}  // namespace bittensor
