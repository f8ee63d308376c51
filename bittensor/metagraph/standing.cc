// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/standing.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/ss58.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxLines = 1'000'000;

// So that the largest is 65535, as the chain stores rows: only the ratios of a row count.
YumaRow to_u16(const std::vector<std::pair<std::uint16_t, float>>& row) {
  float largest = 0;
  for (const auto& [column, weight] : row) largest = std::max(largest, weight);
  YumaRow scaled;
  for (const auto& [column, weight] : row) {
    if (!(weight > 0)) continue;  // NaN, too
    const double share = static_cast<double>(weight) / static_cast<double>(largest);
    scaled.emplace_back(column, static_cast<std::uint16_t>(std::lround(65535 * share)));
  }
  return scaled;
}

absl::StatusOr<PublicKey> key_named(absl::string_view name) {
  if (name.size() == 2 * PublicKey::kSize) return PublicKey::from_hex(name);
  return key_of_ss58(name);
}

// Adds the neuron of `line` to `stakes`, if there is one.
absl::Status read_line(absl::string_view line, StakeTable& stakes) {
  line = line.substr(0, line.find('#'));
  const std::vector<absl::string_view> fields =
      absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
  if (fields.empty()) return absl::OkStatus();
  std::uint64_t stake = 0;
  if (fields.size() != 2 || !absl::SimpleAtoi(fields[1], &stake)) {
    return absl::InvalidArgumentError("not a key and a whole number");
  }
  BITTENSOR_ASSIGN_OR_RETURN(const PublicKey key, key_named(fields[0]));
  if (!stakes.emplace(key, stake).second) {
    return absl::InvalidArgumentError("names a key that was named before");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StakeTable> read_stake_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read the stake file ", path));
  StakeTable stakes;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (number > kMaxLines) return absl::InvalidArgumentError(absl::StrCat(path, " is too long"));
    const absl::Status good = read_line(line, stakes);
    if (good.ok()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("stake file ", path, ", line ", number, ": ", good.message()));
  }
  return stakes;
}

absl::StatusOr<YumaResult> standing_of(
    const std::vector<PublicKey>& keys,
    const std::vector<std::pair<PublicKey, std::vector<std::pair<PublicKey, float>>>>& rows,
    const StakeTable* stake) {
  const std::size_t n = keys.size();
  if (n > kMaxYumaNeurons) {
    return absl::InvalidArgumentError(
        absl::StrCat(n, " neurons, more than ", kMaxYumaNeurons, " to rank"));
  }
  absl::flat_hash_map<PublicKey, std::uint16_t> places;
  YumaNeurons neurons;
  for (std::size_t i = 0; i < n; ++i) {
    if (!places.emplace(keys[i], static_cast<std::uint16_t>(i)).second) {
      return absl::InvalidArgumentError(absl::StrCat(keys[i].short_hex(), " stands twice"));
    }
    const auto found = stake == nullptr ? StakeTable::const_iterator() : stake->find(keys[i]);
    neurons.stake.push_back(stake == nullptr ? 1 : found == stake->end() ? 0 : found->second);
  }
  neurons.permits.assign(n, true);
  neurons.last_update.assign(n, 1);
  neurons.registered_at.assign(n, 0);
  neurons.weights.resize(n);
  for (const auto& [key, row] : rows) {
    const auto i = places.find(key);
    if (i == places.end()) continue;
    std::vector<std::pair<std::uint16_t, float>> known;
    for (const auto& [other, weight] : row) {
      const auto j = places.find(other);
      if (j != places.end()) known.emplace_back(j->second, weight);
    }
    neurons.weights[i->second] = to_u16(known);
  }
  YumaParameters parameters;
  parameters.block = 1;
  parameters.max_validators = n;
  return yuma_epoch(neurons, parameters);
}

}  // namespace bittensor
