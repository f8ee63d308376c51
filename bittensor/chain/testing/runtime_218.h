// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "bittensor/chain/subtensor/metadata.h"

namespace bittensor::testing {

// A file of tests/data/chain; the test fails if it is missing.
std::string chain_test_data(const std::string& name);

// The metadata of Subtensor's runtime of spec version 218, as version 14.
std::shared_ptr<const Metadata> runtime_218();

}  // namespace bittensor::testing
