// SPDX-License-Identifier: MIT
#pragma once

#include "ATen/ATen.h"
#include "gtest/gtest.h"

#include "bittensor/toolbox/tensor_map.h"

namespace bittensor {

// That `tensors` are what tests/golden/bert/make_weights.py writes.
inline void expect_golden_tensors(const TensorMap& tensors) {
  const std::pair<const char*, at::ScalarType> types[] = {
      {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf},  {"BF16", at::kBFloat16},
      {"I64", at::kLong},   {"I32", at::kInt},   {"I16", at::kShort}, {"I8", at::kChar},
      {"U8", at::kByte},    {"BOOL", at::kBool}};
  for (const auto& [name, type] : types) {
    const auto found = tensors.find(std::string("all.") + name);
    ASSERT_NE(found, tensors.end()) << name;
    EXPECT_EQ(found->second.scalar_type(), type) << name;
    EXPECT_TRUE(found->second.equal(at::arange(6).remainder(4).view({2, 3}).to(type))) << name;
  }
  const at::Tensor numbers = at::arange(24, at::kFloat);
  EXPECT_TRUE(tensors.at("turned").equal(numbers.view({4, 6}).t()));
  EXPECT_TRUE(tensors.at("part").equal(numbers.slice(0, 5, 9)));
  EXPECT_TRUE(tensors.at("parameter").equal(at::tensor({1.5F, -2.5F})));
  EXPECT_TRUE(tensors.at("scalar").equal(at::scalar_tensor(7, at::kLong)));
  EXPECT_EQ(tensors.at("empty").sizes(), (std::vector<std::int64_t>{3, 0}));
  EXPECT_EQ(tensors.size(), 15);
}

}  // namespace bittensor
