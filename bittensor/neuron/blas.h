// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace bittensor {

// The files of the shared libraries that this process has loaded, links followed.
std::vector<std::string> loaded_libraries();

// An optimised BLAS multiplies matrices at 40 GFLOP/s on one thread of any machine of the last ten
// years, the reference BLAS at 3.
inline constexpr double kSlowGflops = 10;

// Whether one of these files is an optimised BLAS, as opposed to the reference implementation.
bool has_fast_blas(const std::vector<std::string>& libraries);

// Computes with so many threads if the BLAS is an OpenBLAS, whichever way it was built: one with
// threads of its own does not hear of torch::set_num_threads(). Whether it is one.
bool set_openblas_threads(int threads);

}  // namespace bittensor
