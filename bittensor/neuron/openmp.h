// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace bittensor {

// The files of the OpenMP runtimes in this process, in the order they were loaded. There should be
// one: two start threads each, which compete for the cores. PyTorch's wheels (2.7 and newer) bring
// a libgomp.so.1 of their own, which takes the place of the system's; a libomp or libiomp5 beside
// it is a second one.
std::vector<std::string> openmp_runtimes();

// What to say to the user if there is more than one, or "".
std::string openmp_warning(const std::vector<std::string>& runtimes);

}  // namespace bittensor
