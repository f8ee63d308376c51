// SPDX-License-Identifier: MIT
//
// What a neuron gives to others' models, and whom it lets change its own.
#pragma once

#include <cstdint>
#include <set>

#include "bittensor/wallet/keys.h"

namespace bittensor {

// What leaves a neuron beside its questions. Each level includes those before it.
enum class Give {
  kAnswers,    // nothing: its questions carry inputs only
  kGradients,  // the gradient of each answer goes back to the peer that gave it
  kLabels      // and questions to known neurons carry their labels: lessons
};

// Whose gradients and lessons may change this neuron's parameters.
enum class LearnFrom {
  kOff,    // nobody's
  kKnown,  // those of the neurons in `known`
  // Anybody's, as much as it has helped: a gradient is scaled to the norm of the neuron's own and
  // counts as far as it agrees with it (Cao et al. 2021, "FLTrust", arXiv 2012.13995).
  kEarned
};

inline const char* to_string(Give give) {
  return give == Give::kAnswers ? "answers" : give == Give::kGradients ? "gradients" : "labels";
}
inline const char* to_string(LearnFrom from) {
  return from == LearnFrom::kOff ? "off" : from == LearnFrom::kKnown ? "known" : "earned";
}

// What others can do for a neuron's model, and it for theirs.
struct Learning {
  Give give = Give::kLabels;
  LearnFrom learn_from = LearnFrom::kKnown;
  std::set<PublicKey> known;  // who gets labels, and who is learnt from with kKnown
  std::int64_t lessons = 64;  // rows of others' lessons that each step learns from, at most
};

}  // namespace bittensor
