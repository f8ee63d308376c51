// SPDX-License-Identifier: MIT
#include "bittensor/neuron/openmp.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <dlfcn.h>

namespace bittensor {
namespace {

using ::testing::HasSubstr;

TEST(OpenMp, LibtorchBringsOneRuntime) {
  const auto runtimes = openmp_runtimes();
  EXPECT_EQ(runtimes.size(), 1u);
  EXPECT_EQ(openmp_warning(runtimes), "");
}

TEST(OpenMp, ASecondRuntimeIsFound) {
  const auto first = openmp_runtimes();
  ASSERT_FALSE(first.empty());
  const std::string copy = ::testing::TempDir() + "/libgomp-second.so.1";
  std::filesystem::copy_file(first.front(), copy,
                             std::filesystem::copy_options::overwrite_existing);
  void* const second = dlopen(copy.c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(second, nullptr) << dlerror();
  EXPECT_THAT(openmp_runtimes(), ::testing::Contains(copy));
  dlclose(second);
  std::filesystem::remove(copy);
}

TEST(OpenMp, WarningNamesTheOneThatCanStandInForTheOther) {
  EXPECT_THAT(openmp_warning({"/usr/lib/libgomp.so.1", "/opt/lib/libiomp5.so"}),
              HasSubstr("LD_PRELOAD=/opt/lib/libiomp5.so"));
  EXPECT_THAT(openmp_warning({"/a/libgomp.so.1", "/b/libgomp-1.so.1"}),
              HasSubstr("LD_PRELOAD=/a/libgomp.so.1"));
}

}  // namespace
}  // namespace bittensor
