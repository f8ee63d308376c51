// SPDX-License-Identifier: MIT
#include "bittensor/watch/release.h"

namespace bittensor {

const char* release() {
  return BITTENSOR_VERSION;
}

}  // namespace bittensor
