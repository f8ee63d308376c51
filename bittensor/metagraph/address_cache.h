// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace bittensor {

// Where neurons were found, kept in a file from one run to the next: one
// host:port per line, at most kMaxCachedAddresses.
inline constexpr std::size_t kMaxCachedAddresses = 256;

// kNotFound if there is no such file, kDataLoss if it is not such a file. Blocks.
absl::StatusOr<std::vector<std::string>> read_addresses(const std::string& path);

// Whole or not at all, even when the program is killed. Errors name the file and the reason.
// Blocks.
absl::Status write_addresses(const std::string& path, const std::vector<std::string>& addresses);

}  // namespace bittensor
