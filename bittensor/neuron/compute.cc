// SPDX-License-Identifier: MIT
#include "bittensor/neuron/compute.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"
#include "torch/cuda.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/neuron/blas.h"
#include "bittensor/neuron/openmp.h"

namespace bittensor {
namespace {

// By what is linked first: on a machine that is busy with other work any BLAS is slow.
void warn_of_slow_blas() {
  if (at::hasMKL() || has_fast_blas(loaded_libraries())) return;
  const double gflops = matmul_gflops();
  if (gflops >= kSlowGflops) return;
  spdlog::warn(
      "libtorch multiplies matrices at {:.1f} GFLOP/s and no optimised BLAS is linked; install "
      "libopenblas0-openmp",
      gflops);
}

}  // namespace

double matmul_gflops() {
  constexpr int kSize = 256;
  const torch::NoGradGuard no_grad;
  const at::Tensor a = torch::ones({kSize, kSize});
  double best = 0;
  for (int i = 0; i < 20; ++i) {  // The first starts threads; others may be interrupted.
    const auto start = std::chrono::steady_clock::now();
    torch::mm(a, a);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::max(best, 2e-9 * kSize * kSize * kSize / took.count());
  }
  return best;
}

absl::StatusOr<c10::Device> set_up_compute(const std::string& device, int threads,
                                           std::uint64_t seed) {
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  torch::set_num_threads(threads > 0 ? threads : cores);
  set_openblas_threads(torch::get_num_threads());
  torch::manual_seed(seed);
  if (const std::string warning = openmp_warning(openmp_runtimes());
      !warning.empty() && std::getenv("LD_PRELOAD") == nullptr) {
    spdlog::warn("{}", warning);
  }

  std::optional<c10::Device> parsed;
  try {
    parsed.emplace(device);
  } catch (const c10::Error&) {
    return absl::InvalidArgumentError(
        absl::StrCat("--device ", device, ": not cpu, cuda or cuda:N"));
  }
  if (parsed->is_cuda()) {
    const int devices = static_cast<int>(torch::cuda::device_count());
    if (!torch::cuda::is_available() || parsed->index() >= devices) {
      return absl::InvalidArgumentError(absl::StrCat("--device ", device, ": this libtorch sees ",
                                                     devices, " CUDA devices; use cpu"));
    }
  } else if (!parsed->is_cpu()) {
    return absl::InvalidArgumentError(absl::StrCat("--device ", device, ": use cpu or cuda"));
  } else {
    warn_of_slow_blas();
  }
  return *parsed;
}

}  // namespace bittensor
