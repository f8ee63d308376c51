// SPDX-License-Identifier: MIT
#include "bittensor/base/json_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace bittensor {

absl::Status write_json(const std::string& path, const nlohmann::json& json) {
  const std::string half = path + ".half";
  std::ofstream file(half, std::ios::binary | std::ios::trunc);
  file << json.dump(2) << "\n";
  file.close();
  if (file && std::rename(half.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const std::string why = std::strerror(errno);
  std::remove(half.c_str());
  return absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", why));
}

}  // namespace bittensor
