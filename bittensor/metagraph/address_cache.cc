// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/address_cache.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

#include "bittensor/base/staged_file.h"
#include "bittensor/transport/address.h"

namespace bittensor {
namespace {

// Of a cache: as many addresses of the greatest length.
constexpr std::uintmax_t kMaxBytes = kMaxCachedAddresses * 260;

}  // namespace

absl::StatusOr<std::vector<std::string>> read_addresses(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError("no cache of addresses " + path);
  const absl::Status damaged = absl::DataLossError(path + " is not a cache of addresses");
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error || bytes > kMaxBytes) return damaged;
  std::vector<std::string> addresses;
  std::string line;
  while (std::getline(file, line)) {
    const auto address = parse_address(line);
    if (!address.ok() || address->port == 0 || addresses.size() == kMaxCachedAddresses)
      return damaged;
    addresses.push_back(line);
  }
  return file.bad() ? absl::StatusOr<std::vector<std::string>>(damaged) : addresses;
}

absl::Status write_addresses(const std::string& path, const std::vector<std::string>& addresses) {
  std::string lines;
  for (const std::string& address : addresses) absl::StrAppend(&lines, address, "\n");
  return write_whole_file(path, {lines});
}

}  // namespace bittensor
