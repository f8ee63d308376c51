// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/pending_commit.h"

#include <cstddef>
#include <fstream>
#include <istream>
#include <vector>

#include "absl/strings/str_cat.h"

#include "bittensor/base/staged_file.h"
#include "bittensor/wallet/ss58.h"

namespace bittensor {
namespace {

// Four lines: this name, hotkey and subnet; epoch and version; salt; uids and values by turns. The
// last two begin with how many numbers follow.
constexpr char kName[] = "bittensor-commit-v1";
constexpr std::size_t kMostNumbers = 2 * 65536;
constexpr unsigned kOwnerOnly = 0600;

template <typename Numbers>
std::string line_of(const Numbers& numbers) {
  std::string line = absl::StrCat(numbers.size());
  for (const std::uint16_t number : numbers) absl::StrAppend(&line, " ", number);
  return line + "\n";
}

// Fails the stream for anything but such a line.
std::vector<std::uint16_t> read_line(std::istream& in) {
  std::size_t count = 0;
  in >> count;
  std::vector<std::uint16_t> numbers;
  if (count > kMostNumbers) in.setstate(std::ios::failbit);
  std::uint16_t number = 0;
  while (numbers.size() < count && in >> number) numbers.push_back(number);
  return numbers;
}

}  // namespace

absl::Status write_commit(const std::string& path, const AccountId& hotkey,
                          const PendingCommit& commit) {
  const WeightsUpdate& update = commit.weights.update;
  std::vector<std::uint16_t> row;
  for (const auto& [uid, value] : update.weights) row.insert(row.end(), {uid, value});
  const std::string text =
      absl::StrCat(kName, " ", ss58_encode(hotkey), " ", update.netuid, "\n", commit.reveal_epoch,
                   " ", update.version_key, "\n", line_of(commit.weights.salt), line_of(row));
  return write_whole_file(path, {text}, kOwnerOnly);
}

absl::StatusOr<PendingCommit> read_commit(const std::string& path, const AccountId& hotkey,
                                          std::uint16_t netuid) {
  std::ifstream in(path);
  if (!in) return absl::NotFoundError("no commit in " + path);
  std::string name;
  std::string owner;
  PendingCommit commit;
  WeightsUpdate& update = commit.weights.update;
  in >> name >> owner >> update.netuid >> commit.reveal_epoch >> update.version_key;
  commit.weights.salt = read_line(in);
  const std::vector<std::uint16_t> row = read_line(in);
  if (!in || name != kName || row.size() % 2 != 0) {
    return absl::DataLossError(path + " is not a commit of weights");
  }
  if (owner != ss58_encode(hotkey) || update.netuid != netuid) {
    return absl::NotFoundError(path + " is of another neuron");
  }
  for (std::size_t i = 0; i < row.size(); i += 2) update.weights.emplace_back(row[i], row[i + 1]);
  return commit;
}

}  // namespace bittensor
