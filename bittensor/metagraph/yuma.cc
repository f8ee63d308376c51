// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/yuma.h"

#include <algorithm>
#include <numeric>

#include "bittensor/base/status_macros.h"
#include "bittensor/metagraph/fixed_point.h"
#include "bittensor/metagraph/yuma_check.h"
#include "bittensor/metagraph/yuma_matrix.h"

namespace bittensor {
namespace {

using namespace yuma;

// One epoch: what its steps share. The steps are called in their order.
class Epoch {
 public:
  Epoch(const YumaNeurons& neurons, const YumaParameters& parameters)
      : in_(neurons), set_(parameters), n_(neurons.stake.size()), permits_(neurons.permits) {
    if (set_.owner) permits_[*set_.owner] = true;
  }

  YumaResult run() {
    YumaResult result;
    find_stake();
    result.permits = next_permits();
    result.active = find_active_stake();
    read_weights();
    find_consensus();
    Vector trust;
    Vector validator_trust;
    find_incentive(trust, validator_trust);
    find_bonds();
    result.dividends = to_u16(find_dividends());
    result.bonds = bonds_to_store(result.permits);
    share_out(result);
    result.rank = result.incentive = to_u16(incentive_);
    result.trust = to_u16(trust);
    result.consensus = to_u16(consensus_);
    result.validator_trust = to_u16(validator_trust);
    return result;
  }

 private:
  bool is_owner(std::size_t i) const { return set_.owner && *set_.owner == i; }
  Fixed clipped(const Entry& weight) const {
    return std::min(weight.value, consensus_[weight.column]);
  }

  // Normalised with 64 bits behind the point, of which 32 remain.
  void find_stake() {
    std::vector<std::uint64_t> stake = in_.stake;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < n_; ++i) {
      if (stake[i] < set_.stake_threshold && !is_owner(i)) stake[i] = 0;
      sum += stake[i];
    }
    stake_.resize(n_);
    for (std::size_t i = 0; i < n_ && sum > 0; ++i) {
      stake_[i] = static_cast<Fixed>((static_cast<Uint128>(stake[i]) << 64) / sum >> 32);
    }
  }

  // Who has stake, and is among those with the most; of equals, the later uid.
  std::vector<bool> next_permits() const {
    std::vector<bool> permits(n_);
    for (std::size_t i = 0; i < n_; ++i) permits[i] = stake_[i] != 0;
    std::vector<std::size_t> order(n_);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return stake_[a] < stake_[b]; });
    for (std::size_t k = 0; k + set_.max_validators < n_; ++k) permits[order[k]] = false;
    if (set_.owner) permits[*set_.owner] = true;
    return permits;
  }

  std::vector<bool> find_active_stake() {
    std::vector<bool> active(n_);
    active_stake_.resize(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      active[i] = set_.block <= set_.activity_cutoff ||
                  in_.last_update[i] >= set_.block - set_.activity_cutoff;
      if (active[i] && permits_[i]) active_stake_[i] = stake_[i];
    }
    normalize(active_stake_);
    return active;
  }

  // Whether the weight that neuron i gave counts: not if column j has another neuron since.
  bool counts(std::size_t i, std::uint16_t j) const {
    if (i == j && !is_owner(i)) return false;
    if (in_.last_update[i] <= in_.registered_at[j]) return false;
    return in_.oldest_commit.empty() || in_.oldest_commit[i] > in_.registered_at[j];
  }

  void read_weights() {
    weights_.resize(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      if (!permits_[i]) continue;
      Fixed sum = 0;
      for (const auto& [j, value] : in_.weights[i]) {
        if (value == 0 || !counts(i, j)) continue;
        weights_[i].push_back({j, value});
        sum += value;
      }
      for (Entry& entry : weights_[i]) entry.value = fixed_div(entry.value, sum);
      sort_columns(weights_[i]);
    }
  }

  // Of each column the stake-weighted median, rather than at half of the stake at kappa of it.
  void find_consensus() {
    Vector stake = active_stake_;
    normalize(stake);
    const Fixed total = sum_of(stake);
    const Fixed minority = total - fixed_div(set_.kappa, kU16Max);
    std::vector<std::vector<std::pair<Fixed, Fixed>>> columns(n_);  // weight, stake behind it
    for (std::size_t i = 0; i < n_; ++i) {
      if (stake[i] == 0) continue;
      for (const Entry& entry : weights_[i]) {
        if (entry.value > 0) columns[entry.column].emplace_back(entry.value, stake[i]);
      }
    }
    consensus_.resize(n_);
    for (std::size_t j = 0; j < n_; ++j) consensus_[j] = median(columns[j], total, minority);
  }

  void find_incentive(Vector& trust, Vector& validator_trust) {
    Vector prerank(n_);
    incentive_.resize(n_);
    validator_trust.resize(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      for (const Entry& entry : weights_[i]) {
        const Fixed kept = clipped(entry);
        validator_trust[i] += kept;
        prerank[entry.column] += fixed_mul(active_stake_[i], entry.value);
        incentive_[entry.column] += fixed_mul(active_stake_[i], kept);
      }
    }
    trust.resize(n_);
    for (std::size_t j = 0; j < n_; ++j) trust[j] = fixed_div(incentive_[j], prerank[j]);
    normalize(incentive_);
  }

  // What a neuron bought in this epoch: its weights, less a penalty for what is above consensus.
  void weights_to_purchases() {
    const Fixed penalty = fixed_div(set_.bonds_penalty, kU16Max);
    for (std::size_t i = 0; i < n_; ++i) {
      for (Entry& entry : weights_[i]) {
        const Fixed paid = entry.value + fixed_mul(penalty, clipped(entry) - entry.value);
        entry.value = fixed_mul(paid, active_stake_[i]);
      }
    }
    normalize_columns(weights_);
  }

  Matrix old_bonds() const {
    const std::uint64_t last_epoch = set_.last_step_block      ? *set_.last_step_block + 1
                                     : set_.block > set_.tempo ? set_.block - set_.tempo
                                                               : 0;
    Matrix bonds(n_);
    for (std::size_t i = 0; i < in_.bonds.size(); ++i) {
      for (const auto& [j, value] : in_.bonds[i]) {
        if (value > 0 && last_epoch > in_.registered_at[j]) bonds[i].push_back({j, value});
      }
      sort_columns(bonds[i]);
    }
    normalize_columns(bonds);
    return bonds;
  }

  void find_bonds() {
    weights_to_purchases();
    bonds_ = old_bonds();
    const auto kept = static_cast<Fixed>(set_.bonds_moving_average);
    const Fixed alpha = kFixedOne - fixed_div(kept, 1'000'000);
    for (std::size_t i = 0; i < n_; ++i) bonds_[i] = moving_average(weights_[i], bonds_[i], alpha);
    normalize_columns(bonds_);
  }

  const Vector& find_dividends() {
    dividends_.resize(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      for (const Entry& bond : bonds_[i]) {
        dividends_[i] += fixed_mul(incentive_[bond.column], bond.value);
      }
    }
    normalize(dividends_);
    return dividends_;
  }

  // Each column scaled so that its largest is 65535.
  std::vector<YumaRow> bonds_to_store(const std::vector<bool>& new_permits) const {
    Vector largest(n_);
    for (const auto& row : bonds_) {
      for (const Entry& bond : row)
        largest[bond.column] = std::max(largest[bond.column], bond.value);
    }
    std::vector<YumaRow> stored(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      if (!new_permits[i]) {
        // Who lost its permit loses its bonds; who had none is not looked at.
        if (!permits_[i] && !in_.bonds.empty()) stored[i] = in_.bonds[i];
        continue;
      }
      for (const Entry& bond : bonds_[i]) {
        const std::uint16_t value = fixed_to_u16(fixed_div(bond.value, largest[bond.column]));
        if (value > 0) stored[i].emplace_back(bond.column, value);
      }
    }
    return stored;
  }

  void share_out(YumaResult& result) const {
    const Fixed sum = sum_of(incentive_) + sum_of(dividends_);
    // Where nobody earned anything, stake does.
    const Vector& fallback = sum_of(active_stake_) == 0 ? stake_ : active_stake_;
    for (std::size_t i = 0; i < n_; ++i) {
      const Fixed server = fixed_div(incentive_[i], sum);
      const Fixed validator = sum == 0 ? fallback[i] : fixed_div(dividends_[i], sum);
      const Fixed both = sum == 0 ? fallback[i] : fixed_div(incentive_[i] + dividends_[i], sum);
      result.server_emission.push_back(fixed_share(server, set_.emission));
      result.validator_emission.push_back(fixed_share(validator, set_.emission));
      result.emission.push_back(fixed_share(both, set_.emission));
    }
  }

  const YumaNeurons& in_;
  const YumaParameters& set_;
  const std::size_t n_;
  std::vector<bool> permits_;  // of the last epoch, and the owner's
  Vector stake_;               // of all, of the whole
  Vector active_stake_;        // of those that may give weights and do
  Matrix weights_;             // later: what was bought with them
  Vector consensus_;
  Vector incentive_;
  Matrix bonds_;
  Vector dividends_;
};

}  // namespace

absl::StatusOr<YumaResult> yuma_epoch(const YumaNeurons& neurons,
                                      const YumaParameters& parameters) {
  BITTENSOR_RETURN_IF_ERROR(check_yuma(neurons, parameters));
  return Epoch(neurons, parameters).run();
}

}  // namespace bittensor
