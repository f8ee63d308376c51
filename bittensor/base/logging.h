// SPDX-License-Identifier: MIT
//
// The log is spdlog's default logger: spdlog::info("{} neurons", n).
#pragma once

#include <string>

#include "absl/status/status.h"

namespace bittensor {

// Sends the log to standard error, as
// "2026-01-31T12:34:56.789Z I message", in UTC, so that logs of neurons everywhere compare.
// `level` is one of trace, debug, info, warning, error, off.
[[nodiscard]] absl::Status start_logging(const std::string& level);

}  // namespace bittensor
