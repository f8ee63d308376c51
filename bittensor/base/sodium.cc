// SPDX-License-Identifier: MIT
#include "bittensor/base/sodium.h"

#include <sodium.h>

#include "bittensor/base/check.h"

namespace bittensor::internal {

void ensure_sodium() {
  static const bool started = sodium_init() >= 0;
  BITTENSOR_CHECK(started) << "libsodium has no source of randomness";
}

}  // namespace bittensor::internal
