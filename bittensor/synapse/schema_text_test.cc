// SPDX-License-Identifier: MIT
#include "bittensor/synapse/schema_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bittensor {
namespace {

using ::testing::HasSubstr;

TEST(SchemaText, IsWhatItSays) {
  const auto text_of = [](const char* text) {
    const auto schema = parse_schema(text);
    return schema.ok() ? to_string(*schema) : schema.status().ToString();
  };
  EXPECT_EQ(text_of("image:3x32x32"), "image float32 [batch, 3, 32, 32] -> [batch, 1024]");
  EXPECT_EQ(text_of("image:1x?x?"), "image float32 [batch, 1, -1, -1] -> [batch, 1024]");
  EXPECT_EQ(text_of("tensor:512"), "tensor float32 [batch, 512] -> [batch, 1024]");
  EXPECT_EQ(text_of("tensor:?:int64"), "tensor int64 [batch, -1] -> [batch, 1024]");
  EXPECT_EQ(text_of("text"), "text -> [batch, sequence, 1024]");
}

TEST(SchemaText, WhatIsWrongIsQuoted) {
  const auto error_of = [](const char* text) { return parse_schema(text).status().ToString(); };
  EXPECT_THAT(error_of("smell"), HasSubstr("no modality 'smell'"));
  EXPECT_THAT(error_of("image:32x32"), HasSubstr("channels, rows and columns"));
  EXPECT_THAT(error_of("tensor:0"), HasSubstr("no size '0'"));
  EXPECT_THAT(error_of("tensor:99999999999999999999"), HasSubstr("no size"));
  EXPECT_THAT(error_of("tensor:1:complex"), HasSubstr("no type 'complex'"));
  EXPECT_THAT(error_of("tensor:1x1x1x1x1x1x1x1"), HasSubstr("dimensions"));
  EXPECT_THAT(error_of("text:5"), HasSubstr("no sizes"));
  EXPECT_THAT(error_of(""), HasSubstr("no modality ''"));
}

}  // namespace
}  // namespace bittensor
