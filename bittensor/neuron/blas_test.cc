// SPDX-License-Identifier: MIT
#include "bittensor/neuron/blas.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <dlfcn.h>

namespace bittensor {
namespace {

TEST(Blas, OptimisedOnesAreKnownByTheirFiles) {
  const std::string debian = "/usr/lib/x86_64-linux-gnu/";
  EXPECT_TRUE(has_fast_blas({"", debian + "openblas-openmp/libblas.so.3"}));
  EXPECT_TRUE(has_fast_blas({debian + "openblas-pthread/libopenblasp-r0.3.21.so"}));
  EXPECT_TRUE(has_fast_blas({debian + "libmkl_rt.so"}));
  EXPECT_TRUE(has_fast_blas({"/venv/torch/lib/../../torch.libs/libopenblas-5a8d2b2e.so"}));
  EXPECT_FALSE(has_fast_blas({debian + "blas/libblas.so.3.11.0", debian + "libtorch_cpu.so"}));
  EXPECT_FALSE(has_fast_blas({}));
}

TEST(Blas, LoadedLibrariesAreFiles) {
  EXPECT_THAT(loaded_libraries(), ::testing::Contains(::testing::HasSubstr("/libc.so")));
}

TEST(Blas, ThreadsOfAnOpenBlasAreSet) {
  const auto threads = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_num_threads"));
  EXPECT_EQ(set_openblas_threads(1), threads != nullptr);
  if (threads == nullptr) GTEST_SKIP() << "the BLAS of libtorch is none";
  EXPECT_EQ(threads(), 1);
}

}  // namespace
}  // namespace bittensor
