// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/yuma_check.h"

#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/metagraph/fixed_point.h"

namespace bittensor {
namespace {

absl::Status check_length(const char* what, std::size_t length, std::size_t n, bool may_be_empty) {
  if (length == n || (may_be_empty && length == 0)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("yuma: ", what, " of ", length, " neurons, but stake of ", n));
}

absl::Status check_rows(const char* what, const std::vector<YumaRow>& rows, std::size_t n) {
  std::vector<std::size_t> seen_in(n, n);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const auto& [column, value] : rows[i]) {
      if (column >= n || seen_in[column] == i) {
        return absl::InvalidArgumentError(absl::StrCat("yuma: ", what, " of neuron ", i, " name ",
                                                       column,
                                                       column >= n ? ", which is none" : " twice"));
      }
      seen_in[column] = i;
    }
  }
  return absl::OkStatus();
}

absl::Status check_stake(const std::vector<std::uint64_t>& stake) {
  Uint128 sum = 0;
  for (const std::uint64_t amount : stake) sum += amount;
  if (sum >> 63 != 0) return absl::InvalidArgumentError("yuma: the stakes add up to 2^63 or more");
  return absl::OkStatus();
}

}  // namespace

absl::Status check_yuma(const YumaNeurons& neurons, const YumaParameters& parameters) {
  const std::size_t n = neurons.stake.size();
  if (n > kMaxYumaNeurons) {
    return absl::InvalidArgumentError(
        absl::StrCat("yuma: ", n, " neurons, more than ", kMaxYumaNeurons));
  }
  BITTENSOR_RETURN_IF_ERROR(check_length("permits", neurons.permits.size(), n, false));
  BITTENSOR_RETURN_IF_ERROR(check_length("weights", neurons.weights.size(), n, false));
  BITTENSOR_RETURN_IF_ERROR(check_length("bonds", neurons.bonds.size(), n, true));
  BITTENSOR_RETURN_IF_ERROR(check_length("last_update", neurons.last_update.size(), n, false));
  BITTENSOR_RETURN_IF_ERROR(check_length("registered_at", neurons.registered_at.size(), n, false));
  BITTENSOR_RETURN_IF_ERROR(check_length("oldest_commit", neurons.oldest_commit.size(), n, true));
  BITTENSOR_RETURN_IF_ERROR(check_rows("weights", neurons.weights, n));
  BITTENSOR_RETURN_IF_ERROR(check_rows("bonds", neurons.bonds, n));
  BITTENSOR_RETURN_IF_ERROR(check_stake(neurons.stake));
  if (parameters.bonds_moving_average > 1'000'000) {
    return absl::InvalidArgumentError("yuma: a bonds_moving_average above 1,000,000");
  }
  if (parameters.owner && *parameters.owner >= n) {
    return absl::InvalidArgumentError(
        absl::StrCat("yuma: no neuron ", *parameters.owner, " to own"));
  }
  return absl::OkStatus();
}

}  // namespace bittensor
