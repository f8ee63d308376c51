// SPDX-License-Identifier: MIT
#include "bittensor/chain/testing/runtime_218.h"

#include <fstream>
#include <iterator>

#include "gtest/gtest.h"

namespace bittensor::testing {

std::string chain_test_data(const std::string& name) {
  std::ifstream file("tests/data/chain/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<const Metadata> runtime_218() {
  static const auto& metadata = *new std::shared_ptr<const Metadata>(
      Metadata::read(chain_test_data("metadata_218_v14.scale")).value());
  return metadata;
}

}  // namespace bittensor::testing
