// SPDX-License-Identifier: MIT
#include "app/query_input.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/serialize.h"
#include "torch/types.h"
#include <png.h>

#include "bittensor/synapse/schema_text.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

// A picture of 4 x 2 pixels, each of this colour.
std::string picture(std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 8; ++i) pixels.insert(pixels.end(), {red, green, blue});
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = 4;
  image.height = 2;
  image.format = PNG_FORMAT_RGB;
  std::string path = ::testing::TempDir() + "/query_input_test.png";
  EXPECT_NE(png_image_write_to_file(&image, path.c_str(), 0, pixels.data(), 0, nullptr), 0);
  return path;
}

std::string saved(const torch::IValue& value) {
  std::string path = ::testing::TempDir() + "/query_input_test.pt";
  const std::vector<char> bytes = torch::pickle_save(value);
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<long>(bytes.size()));
  return path;
}

absl::StatusOr<at::Tensor> read(const std::string& input, const char* schema,
                                const Normalisation& normalisation = {}) {
  const auto inputs = query_input(input, *parse_schema(schema), normalisation);
  if (!inputs.ok()) return inputs.status();
  return inputs->tensor;
}

TEST(QueryInput, TextIsItself) {
  const auto inputs = query_input("a b.png", *parse_schema("text"), {});
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_EQ(inputs->text, std::vector<std::string>{"a b.png"});
}

TEST(QueryInput, PictureHasTheSizeAndTheChannelsOfTheSchema) {
  const std::string path = picture(255, 0, 51);
  const auto own = read(path, "image:3x?x?");
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(own->sizes(), at::IntArrayRef({1, 3, 2, 4}));
  EXPECT_TRUE(torch::allclose((*own)[0][2], torch::full({2, 4}, 0.2f)));
  const auto grey = read(path, "image:1x8x8");
  ASSERT_TRUE(grey.ok()) << grey.status();
  EXPECT_EQ(grey->sizes(), at::IntArrayRef({1, 1, 8, 8}));
  EXPECT_TRUE(torch::allclose(*grey, torch::full({1, 1, 8, 8}, 0.299f + 0.0228f), 1e-4));
  const auto small = read(path, "image:3x1x2", {{1, 0, 0}, {1, 1, 0.5}});
  ASSERT_TRUE(small.ok()) << small.status();
  EXPECT_TRUE(torch::allclose((*small)[0].flatten(1).select(1, 0),
                              torch::tensor({0.0f, 0.0f, 0.4f}), 1e-5, 1e-6));
}

TEST(QueryInput, PictureThatDoesNotFitIsRefused) {
  const std::string path = picture(1, 2, 3);
  EXPECT_THAT(read(path, "image:4x8x8").status().ToString(), HasSubstr("1 or 3 channels"));
  EXPECT_THAT(read(path, "image:3x8x8", {{1, 2}, {1}}).status().ToString(), HasSubstr("2 numbers"));
  EXPECT_EQ(read("/none.png", "image:3x8x8").status().code(), absl::StatusCode::kNotFound);
}

TEST(QueryInput, TensorIsOneRowOrABatch) {
  const auto row = read(saved(torch::ones({4})), "tensor:4");
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(row->sizes(), at::IntArrayRef({1, 4}));
  const auto batch = read(saved(torch::ones({3, 4}, torch::kDouble)), "tensor:4");
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_TRUE(torch::equal(*batch, torch::ones({3, 4})));
}

TEST(QueryInput, FileThatHoldsSomethingElseIsRefused) {
  EXPECT_THAT(read(saved(torch::ones({5})), "tensor:4").status().ToString(),
              HasSubstr("query_input_test.pt: synapse takes tensor float32 [batch, 4]"));
  EXPECT_THAT(read(saved(torch::IValue("text")), "tensor:4").status().ToString(),
              HasSubstr("neither"));
  std::ofstream(saved(torch::ones({4}))) << "nothing";
  EXPECT_THAT(read(::testing::TempDir() + "/query_input_test.pt", "tensor:4").status().ToString(),
              HasSubstr("neither"));
}

}  // namespace
}  // namespace bittensor
