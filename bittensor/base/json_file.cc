// SPDX-License-Identifier: MIT
#include "bittensor/base/json_file.h"

#include "nlohmann/json.hpp"

#include "bittensor/base/staged_file.h"

namespace bittensor {

absl::Status write_json(const std::string& path, const nlohmann::json& json) {
  // A path may hold bytes that are not UTF-8.
  const std::string text =
      json.dump(2, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
  return write_whole_file(path, {text, "\n"});
}

}  // namespace bittensor
