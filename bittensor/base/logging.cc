// SPDX-License-Identifier: MIT
#include "bittensor/base/logging.h"

#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace bittensor {

absl::Status start_logging(const std::string& level) {
  const spdlog::level::level_enum parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    return absl::InvalidArgumentError("log level '" + level +
                                      "' is not one of trace, debug, info, warning, error, off");
  }
  // Standard output belongs to the program's result and its progress.
  static const auto logger = spdlog::stderr_color_mt("bittensor");
  spdlog::set_default_logger(logger);
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%L%$ %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(parsed);
  return absl::OkStatus();
}

}  // namespace bittensor
