// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace bittensor {

// The files of the shared libraries that this process has loaded, links followed.
std::vector<std::string> loaded_libraries();

// Whether one of these files is an optimised BLAS, as opposed to the reference implementation.
bool has_fast_blas(const std::vector<std::string>& libraries);

}  // namespace bittensor
