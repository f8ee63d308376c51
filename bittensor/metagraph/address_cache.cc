// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/address_cache.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "bittensor/transport/address.h"

namespace bittensor {
namespace {

// Of a cache: as many addresses of the greatest length.
constexpr std::uintmax_t kMaxBytes = kMaxCachedAddresses * 260;

}  // namespace

absl::StatusOr<std::vector<std::string>> read_addresses(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError("no cache of addresses " + path);
  const absl::Status damaged = absl::DataLossError(path + " is no cache of addresses");
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
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  const std::string draft = path + ".new";
  std::ofstream file(draft, std::ios::trunc);
  for (const std::string& address : addresses) file << address << '\n';
  file.close();
  if (file && std::rename(draft.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const int why = errno;
  std::remove(draft.c_str());
  return absl::ErrnoToStatus(why, "cannot write " + path);
}

}  // namespace bittensor
