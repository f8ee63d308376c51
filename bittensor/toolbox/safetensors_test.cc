// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/safetensors.h"

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "ATen/ATen.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/toolbox/safetensors_header.h"
#include "bittensor/toolbox/tensor_map_testing.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string file_of(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t size = header.size();
  return std::string(reinterpret_cast<const char*>(&size), sizeof size) + header +
         std::string(data_bytes, '\0');
}

// The message with which a file is refused, "" if it is taken.
std::string refusal(const std::string& header, std::size_t data_bytes) {
  const auto parsed = parse_safetensors_header(file_of(header, data_bytes));
  if (parsed.ok()) return "";
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(parsed.status().message());
}

TEST(Safetensors, ReadsEveryTypeWhereverItLies) {
  const auto tensors = read_safetensors("tests/golden/bert/tensors.safetensors");
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  expect_golden_tensors(*tensors);
}

TEST(Safetensors, ComesBackAsItWasWritten) {
  const std::string path = ::testing::TempDir() + "safetensors_round.safetensors";
  TensorMap tensors{{"b", at::arange(6, at::kFloat).view({2, 3}).t()},
                    {"a", at::arange(2).to(at::kBool)},
                    {"c", at::empty({0, 2})},
                    {"d", at::tensor(3.0, at::kDouble)}};
  ASSERT_TRUE(write_safetensors(path, tensors).ok());
  const auto back = read_safetensors(path);
  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_EQ(back->size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_TRUE(back->at(name).equal(tensor)) << name;
    EXPECT_EQ(back->at(name).scalar_type(), tensor.scalar_type()) << name;
  }
  std::filesystem::remove(path);
}

TEST(Safetensors, WrittenFileSaysThatItIsPyTorchs) {
  const std::string path = ::testing::TempDir() + "safetensors_format.safetensors";
  ASSERT_TRUE(write_safetensors(path, {{"a", at::zeros({1})}}).ok());
  const auto file = MappedFile::open(path);
  ASSERT_TRUE(file.ok());
  const auto header = parse_safetensors_header((*file)->bytes());
  ASSERT_TRUE(header.ok());
  EXPECT_THAT(header->metadata, ElementsAre(Pair("format", "pt")));
  EXPECT_EQ(header->tensors[0].begin % 8, 0);
  std::filesystem::remove(path);
}

TEST(Safetensors, ChangingATensorLeavesTheFileAlone) {
  const std::string path = ::testing::TempDir() + "safetensors_private.safetensors";
  ASSERT_TRUE(write_safetensors(path, {{"a", at::ones({4})}}).ok());
  auto first = read_safetensors(path);
  ASSERT_TRUE(first.ok());
  first->at("a").zero_();
  EXPECT_TRUE(read_safetensors(path)->at("a").equal(at::ones({4})));
  std::filesystem::remove(path);
}

TEST(Safetensors, RefusesTypesThatTheFormatLacks) {
  const auto status = write_safetensors("x", {{"odd", at::zeros({1}, at::kComplexFloat)}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("odd"));
}

TEST(Safetensors, NamesTheDamagedFile) {
  const std::string path = ::testing::TempDir() + "safetensors_damaged.safetensors";
  std::ofstream(path) << "short";
  const auto tensors = read_safetensors(path);
  EXPECT_EQ(tensors.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(tensors.status().message()), HasSubstr("safetensors_damaged"));
  EXPECT_EQ(read_safetensors("no/such/file").status().code(), absl::StatusCode::kNotFound);
  std::filesystem::remove(path);
}

TEST(SafetensorsHeader, TakesTheSmallestFile) {
  EXPECT_EQ(refusal("{}", 0), "");
}

TEST(SafetensorsHeader, RefusesALengthBeyondTheFile) {
  const std::uint64_t size = ~std::uint64_t{0};
  EXPECT_FALSE(parse_safetensors_header({reinterpret_cast<const char*>(&size), sizeof size}).ok());
  EXPECT_FALSE(parse_safetensors_header("").ok());
}

TEST(SafetensorsHeader, RefusesWhatIsNotItsJson) {
  EXPECT_THAT(refusal("[]", 0), HasSubstr("right form"));
  EXPECT_THAT(refusal("{", 0), HasSubstr("right form"));
  EXPECT_THAT(refusal(R"({"__metadata__":{"a":[[[]]]}})", 0), HasSubstr("right form"));
  EXPECT_THAT(refusal(R"({"a":1})", 0), HasSubstr("\"a\""));
  EXPECT_THAT(refusal(R"({"__metadata__":{"a":1}})", 0), HasSubstr("not a string"));
}

TEST(SafetensorsHeader, RefusesANameThatStandsTwice) {
  EXPECT_THAT(refusal(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},
                          "a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                      1),
              HasSubstr("appears twice"));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1),
              HasSubstr("appears twice"));
}

TEST(SafetensorsHeader, RefusesShapesThatDoNotFitTheBytes) {
  const auto with_shape = [](const std::string& shape) {
    return refusal(R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,8]}})", 8);
  };
  EXPECT_EQ(with_shape("[2]"), "");
  EXPECT_THAT(with_shape("[3]"), HasSubstr("does not fit"));
  EXPECT_THAT(with_shape("[4294967296,4294967296,2]"), HasSubstr("does not fit"));
  EXPECT_THAT(with_shape("[1,1,1,1,1,1,1,1,2]"), HasSubstr("does not fit"));
  EXPECT_THAT(with_shape("[-2]"), HasSubstr("natural"));
  EXPECT_THAT(with_shape("[2.0]"), HasSubstr("natural"));
  EXPECT_THAT(with_shape("2"), HasSubstr("no shape"));
}

TEST(SafetensorsHeader, RefusesShapesThatOverflowBesideAZero) {
  for (const char* shape : {"[0,4294967296,4294967296]", "[4294967296,4294967296,0]"}) {
    EXPECT_THAT(refusal(absl::StrCat(R"({"a":{"dtype":"F32","shape":)", shape,
                                     R"(,"data_offsets":[0,0]}})"),
                        0),
                HasSubstr("does not fit"));
  }
}

TEST(SafetensorsHeader, RefusesUnknownTypesByName) {
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1),
              HasSubstr("F8_E4M3"));
}

TEST(SafetensorsHeader, RefusesOverlapsAndGaps) {
  const auto at = [](const std::string& a, const std::string& b, std::size_t bytes) {
    return refusal(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" + a +
                       R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" + b + "}}",
                   bytes);
  };
  EXPECT_EQ(at("[2,4]", "[0,2]", 4), "");
  EXPECT_THAT(at("[0,2]", "[1,3]", 3), HasSubstr("overlaps"));
  EXPECT_THAT(at("[0,2]", "[3,5]", 5), HasSubstr("unused"));
  EXPECT_THAT(at("[0,2]", "[2,4]", 5), HasSubstr("unused"));
  EXPECT_THAT(at("[0,2]", "[2,4]", 3), HasSubstr("within the file"));
  EXPECT_THAT(at("[0,2]", "[4,2]", 4), HasSubstr("within the file"));
}

}  // namespace
}  // namespace bittensor
