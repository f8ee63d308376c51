// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include "gtest/gtest.h"

namespace bittensor {

// A folder of the running test's own, emptied of what an earlier run left.
inline std::filesystem::path empty_folder() {
  const ::testing::TestInfo& test = *::testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) /
                                       (std::string(test.test_suite_name()) + "." + test.name());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

}  // namespace bittensor
