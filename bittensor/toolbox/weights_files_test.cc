// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/weights_files.h"

#include <filesystem>
#include <fstream>

#include "ATen/ATen.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/toolbox/safetensors.h"
#include "bittensor/toolbox/wrong_file.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class WeightsFiles : public ::testing::Test {
 protected:
  WeightsFiles()
      : folder_(fs::path(::testing::TempDir()) /
                (std::string("weights_files_") +
                 ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~WeightsFiles() override { fs::remove_all(folder_); }

  void write(const std::string& name, const TensorMap& tensors) {
    ASSERT_TRUE(write_safetensors(folder_ / name, tensors).ok());
  }
  void write_text(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  std::string refusal(const std::string& name = "") {
    const auto read = read_weights(folder_ / name);
    EXPECT_FALSE(read.ok()) << name;
    return std::string(read.status().message());
  }

  const fs::path folder_;
};

TEST_F(WeightsFiles, PiecesAreOneModel) {
  write("a.safetensors", {{"x", at::ones({2})}, {"z", at::ones({1})}});
  write("b.safetensors", {{"y", at::zeros({3})}});
  write_text("model.safetensors.index.json",
             R"({"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}})");
  const auto read = read_weights(folder_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->size(), 2);  // z is not in the index
  EXPECT_TRUE(read->at("y").equal(at::zeros({3})));
}

TEST_F(WeightsFiles, FolderOfSomethingElseIsNamed) {
  EXPECT_EQ(what_folder_is(folder_), "");
  write_text("README.md", "a model");
  EXPECT_EQ(what_folder_is(folder_), "");
  write_text("model.bin", "version https://git-lfs.github.com/spec/v1");
  EXPECT_THAT(what_folder_is(folder_), HasSubstr("holds model.bin: a Git LFS pointer"));
  write_text("model.gguf", "GGUF");
  EXPECT_THAT(what_folder_is(folder_), HasSubstr("for llama.cpp alone (model.gguf)"));
  write_text("adapter_config.json", "{}");
  EXPECT_THAT(what_folder_is(folder_), HasSubstr("LoRA"));
  EXPECT_EQ(what_folder_is("/nowhere"), "");
}

TEST_F(WeightsFiles, FileOfSomethingElseIsNamed) {
  write_text("page", "<!DOCTYPE html><html>");
  const absl::Status status = check_is_not_wrong(folder_ / "page");
  EXPECT_THAT(std::string(status.message()), HasSubstr("page: is a web page"));
  write_text("text", "words");
  EXPECT_TRUE(check_is_not_wrong(folder_ / "text").ok());
  EXPECT_EQ(check_is_not_wrong(folder_ / "none").code(), absl::StatusCode::kNotFound);
}

TEST_F(WeightsFiles, PieceThatIsNotThereIsNamed) {
  write_text("model.safetensors.index.json", R"({"weight_map": {"x": "a.safetensors"}})");
  EXPECT_THAT(refusal(), HasSubstr("a.safetensors"));
  write("a.safetensors", {{"y", at::ones({2})}});
  EXPECT_THAT(refusal(), HasSubstr("has no tensor \"x\""));
}

TEST_F(WeightsFiles, PieceElsewhereIsRefused) {
  for (const char* piece : {"../a.safetensors", "/etc/passwd", "..", ""}) {
    write_text("model.safetensors.index.json",
               std::string(R"({"weight_map": {"x": ")") + piece + "\"}}");
    EXPECT_THAT(refusal(), HasSubstr("is not in a file of the folder")) << piece;
  }
  write_text("model.safetensors.index.json", "[1, 2]");
  EXPECT_THAT(refusal(), HasSubstr("no weight_map"));
}

TEST_F(WeightsFiles, FormatIsWhatIsInTheFile) {
  write("pytorch_model.bin", {{"x", at::ones({2})}});
  EXPECT_TRUE(read_weights(folder_)->at("x").equal(at::ones({2})));
  fs::copy("tests/golden/bert/tensors_old.bin", folder_ / "model.safetensors");
  EXPECT_EQ(read_weights(folder_)->size(), 15);
}

// tests/golden/bert/make_weights.py
TEST_F(WeightsFiles, StateDictIsFoundInWhatTrainersWrite) {
  const auto read = read_weights("tests/golden/bert/checkpoint.bin");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->size(), 15);
}

TEST_F(WeightsFiles, OtherFilesAreNamed) {
  EXPECT_EQ(read_weights(folder_).status().code(), absl::StatusCode::kNotFound);
  write_text("a", "\n <!doctype HTML>");
  EXPECT_THAT(refusal("a"), HasSubstr("is a web page"));
  write_text("a", "GGUF\x03");
  EXPECT_THAT(refusal("a"), HasSubstr("is a GGUF file"));
  write_text("a", "");
  EXPECT_THAT(refusal("a"), HasSubstr("is empty"));
  write_text("tf_model.h5", "");
  EXPECT_THAT(refusal(), HasSubstr("for TensorFlow alone"));
}

}  // namespace
}  // namespace bittensor
