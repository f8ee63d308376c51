// SPDX-License-Identifier: MIT
#include "bittensor/wallet/secret.h"

#include <sodium.h>

namespace bittensor {

void Secret::wipe() {
  sodium_memzero(value.data(), value.size());
  value.clear();
}

}  // namespace bittensor
