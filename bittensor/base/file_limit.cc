// SPDX-License-Identifier: MIT
#include "bittensor/base/file_limit.h"

#include <sys/resource.h>

namespace bittensor {

void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // If not, the old limit holds.
}

}  // namespace bittensor
