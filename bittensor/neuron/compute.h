// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "c10/core/Device.h"

namespace bittensor {

// How fast libtorch multiplies matrices, the best of some tries. Takes milliseconds, and seconds
// with a slow BLAS.
double matmul_gflops();

// Prepares libtorch for a neuron: `threads` to compute with (0: one per core), the random seed,
// and the device ("cpu", "cuda", "cuda:1"). kInvalidArgument if there is no such device, with
// what there is. Warns if libtorch would compute with a slow BLAS. Call it before tensors are
// made and threads started.
absl::StatusOr<c10::Device> set_up_compute(const std::string& device, int threads,
                                           std::uint64_t seed);

}  // namespace bittensor
