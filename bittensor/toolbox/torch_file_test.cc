// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/torch_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/types.h"

#include "bittensor/toolbox/pickle.h"
#include "bittensor/toolbox/tensor_map_testing.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, what.size(), by);
}

// A pickle of {"w": tensor of `shape` and `strides`} over a storage of 6 floats.
std::string pickled(const std::string& shape, const std::string& strides,
                    const std::string& offset = "K" + std::string(1, '\0')) {
  return "\x80\x02}(U\x01wctorch._utils\n_rebuild_tensor_v2\n(("
         "U\x07storagectorch\nFloatStorage\nU\x01\x30U\x03\x63puK\x06tQ" +
         offset + shape + strides + "\x89" + "ccollections\nOrderedDict\n)RtRu.";
}

TEST(TorchFile, ReadsWhatTorchSaves) {
  const auto tensors = read_torch_file("tests/golden/bert/tensors.bin");
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  expect_golden_tensors(*tensors);
}

TEST(TorchFile, ReadsTheFormBeforePyTorch16) {
  const auto tensors = read_torch_file("tests/golden/bert/tensors_old.bin");
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  expect_golden_tensors(*tensors);
}

TEST(TorchFile, ReadsWhatItWrites) {
  const std::string path = ::testing::TempDir() + "/torch_file_test.pt";
  const at::Tensor large = torch::arange(100, torch::kFloat);
  const TensorMap written{{"a.weight", large.slice(0, 3, 9).view({2, 3})},
                          {"b", torch::tensor({1, 2}, torch::kLong)},
                          {"empty", torch::empty({0, 4})}};
  ASSERT_TRUE(write_torch_file(path, written).ok());
  EXPECT_LT(std::filesystem::file_size(path), 2000u);  // not the large tensor
  const auto read = read_torch_file(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), written.size());
  for (const auto& [name, tensor] : written) EXPECT_TRUE(read->at(name).equal(tensor)) << name;
}

TEST(TorchFile, ErrorsOfWritingNameTheFile) {
  const absl::Status status = write_torch_file("/proc/no_folder/a.pt", {});
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/no_folder"));
}

TEST(TorchFile, RefusesEveryCutOfAFile) {
  for (const char* name : {"tests/golden/bert/tensors.bin", "tests/golden/bert/tensors_old.bin"}) {
    const std::string file = read(name);
    for (std::size_t size = 0; size < file.size(); ++size) {
      EXPECT_FALSE(parse_torch_file({file.data(), size}).ok()) << name << " " << size;
    }
  }
}

TEST(TorchFile, RefusesChangedBytesByTheNameOfTheMember) {
  std::string file = read("tests/golden/bert/tensors.bin");
  file[file.find("storage")] = 'S';
  const auto parsed = parse_torch_file(file);
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("tensors/data.pkl"));
}

TEST(TorchFile, NamesTheDamagedFile) {
  const std::string path = ::testing::TempDir() + "torch_damaged.bin";
  std::ofstream(path) << "PK";
  const auto tensors = read_torch_file(path);
  EXPECT_FALSE(tensors.ok());
  EXPECT_THAT(std::string(tensors.status().message()), HasSubstr("torch_damaged.bin"));
  std::filesystem::remove(path);
}

TEST(Pickle, ReadsATensor) {
  const auto tensors = read_state_dict(pickled("K\x02K\x03\x86", "K\x03K\x01\x86"));
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  ASSERT_EQ(tensors->size(), 1);
  EXPECT_EQ(tensors->front().name, "w");
  EXPECT_EQ(tensors->front().storage, "0");
  EXPECT_EQ(tensors->front().storage_elements, 6);
  EXPECT_THAT(tensors->front().shape, ElementsAre(2, 3));
  EXPECT_THAT(tensors->front().strides, ElementsAre(3, 1));
}

TEST(Pickle, RefusesTensorsBeyondTheirStorage) {
  const auto refused = [](const std::string& shape, const std::string& strides,
                          const std::string& offset) {
    const auto tensors = read_state_dict(pickled(shape, strides, offset));
    return tensors.status().code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_FALSE(refused("K\x05\x85", "K\x01\x85", "K\x01"));
  EXPECT_TRUE(refused("K\x06\x85", "K\x01\x85", "K\x01"));                // one too far
  EXPECT_TRUE(refused("K\x03\x85", "K\x03\x85", "K\x01"));                // strides reach beyond
  EXPECT_TRUE(refused("K\x07\x85", std::string("K\0\x85", 3), "K\x01"));  // repeats elements
  EXPECT_TRUE(refused("K\x02\x85", "J\xFF\xFF\xFF\xFF\x85", "K\x01"));    // backwards
  EXPECT_TRUE(refused("J\xFF\xFF\xFF\xFF\x85", "K\x01\x85", "K\x01"));    // negative shape
  EXPECT_TRUE(refused("K\x02\x85", "K\x01K\x01\x86", "K\x01"));           // ranks differ
  EXPECT_TRUE(refused("K\x02\x85", "\x8a\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\x85", "K\x01"));
  EXPECT_TRUE(refused("K\x02\x85", "K\x01\x85", "J\xFF\xFF\xFF\xFF"));
  const std::string huge("\x8a\x08\0\0\0\0\0\0\0\x40", 10);  // 2^62
  EXPECT_TRUE(refused(std::string("K\0", 2) + huge + "K\x04\x87", "K\x01K\x01K\x01\x87", "K\x01"));
}

TEST(Pickle, RefusesEveryOtherPythonNameByIt) {
  const auto tensors = read_state_dict(
      "\x80\x02"
      "cos\nsystem\nU\x02ls\x85R.");
  EXPECT_EQ(tensors.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(tensors.status().message()), HasSubstr("os.system"));
  EXPECT_EQ(read_state_dict("\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93.").status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(Pickle, RefusesOtherInstructions) {
  const auto tensors = read_state_dict("\x80\x02}i.");
  EXPECT_EQ(tensors.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(tensors.status().message()), HasSubstr("0x69 at byte 3"));
}

TEST(Pickle, RefusesOtherValues) {
  const auto code = [](const std::string& pickle) {
    return read_state_dict(pickle).status().code();
  };
  EXPECT_EQ(code("K\x01."), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("}K\x01K\x02s."), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("}U\x01wK\x02s."), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("."), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("}(U\x01wu."), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("h\x01."), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("(((."), absl::StatusCode::kInvalidArgument);
}

TEST(Pickle, ADictionaryInItselfDoesNoHarm) {
  EXPECT_EQ(read_state_dict("}q\x01U\x01wh\x01s.").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Pickle, EndsAtAMillionValues) {
  EXPECT_EQ(read_state_dict(std::string(2'000'000, '}') + ".").status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(read_state_dict(std::string(2'000'000, '(') + ".").status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(Pickle, SaysWhereItEnds) {
  std::size_t size = 0;
  const auto strings = read_string_list(std::string("](U\x01"
                                                    "aU\x01"
                                                    "be.rest"),
                                        &size);
  ASSERT_TRUE(strings.ok()) << strings.status();
  EXPECT_THAT(*strings, ElementsAre("a", "b"));
  EXPECT_EQ(size, 10);
}

TEST(Pickle, ReadsLongIntegersWithTheirSign) {
  const std::string pickle =
      replaced(pickled("K\x02\x85", "K\x01\x85"), "K\x06tQ", "\x8a\x02\x06\x01tQ");
  const auto tensors = read_state_dict(pickle);
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  EXPECT_EQ(tensors->front().storage_elements, 262);
  EXPECT_FALSE(read_state_dict(replaced(pickle, "\x8a\x02\x06\x01", "\x8a\x01\xFF")).ok());
}

}  // namespace
}  // namespace bittensor
