// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace bittensor {

// The rules of a subnet. Times are in blocks; shares have 65,535 for 1. 0 where the runtime does
// not know a rule.
struct SubnetHyperparameters {
  std::uint64_t neurons = 0;  // registered now
  std::uint64_t max_neurons = 0;
  std::uint64_t tempo = 0;  // an epoch comes every tempo + 1 blocks
  std::uint64_t immunity_period = 0;
  std::uint64_t activity_cutoff = 0;
  std::uint64_t min_allowed_weights = 0;
  std::uint64_t max_weight_limit = 0;  // the largest share of one neuron
  std::uint64_t weights_version_key = 0;
  std::uint64_t weights_rate_limit = 0;  // between two rows of one neuron
  std::uint64_t serving_rate_limit = 0;
  std::uint64_t max_validators = 0;
  std::uint64_t registration_allowed = 0;
  std::uint64_t pow_registration_allowed = 0;
  std::uint64_t burn = 0;  // what a registration costs, in rao
  std::uint64_t difficulty = 0;
  std::uint64_t commit_reveal = 0;  // whether weights are committed and revealed later
  std::uint64_t reveal_period_epochs = 0;
  // How many epochs there were, if the runtime counts them (counts_epochs); otherwise one began
  // with each block for which block + netuid + 1 is a multiple of tempo + 1.
  std::uint64_t epoch = 0;
  bool counts_epochs = false;
  std::uint64_t kappa = 0;
  std::uint64_t rho = 0;
  std::uint64_t bonds_moving_average = 0;  // 1,000,000 is 1
  std::uint64_t bonds_penalty = 0;
};

}  // namespace bittensor
