// SPDX-License-Identifier: MIT
#include "datasets/cifar10/binary.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "torch/types.h"

namespace bittensor {
namespace {

absl::Status wrong(const std::string& path, const std::string& what) {
  return absl::DataLossError(absl::StrCat(path, ": ", what));
}

// [3, pixels] from [pixels, 3].
void to_planes(const std::uint8_t* interleaved, char* planes) {
  for (std::int64_t i = 0; i < kCifarPixels; ++i) {
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      planes[channel * kCifarPixels + i] = static_cast<char>(*interleaved++);
    }
  }
}

}  // namespace

absl::StatusOr<LabelledImages> read_cifar_binary(const std::string& path) {
  std::error_code error;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path, error));
  if (error) return absl::NotFoundError(absl::StrCat(path, ": ", error.message()));
  if (size == 0 || size % kCifarRecord != 0) {
    return wrong(path, absl::StrCat(size, " bytes are not records of ", kCifarRecord));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  const at::Tensor records = torch::empty({size / kCifarRecord, kCifarRecord}, torch::kUInt8);
  if (!file.read(static_cast<char*>(records.data_ptr()), size)) {
    return wrong(path, "cannot be read to its end");
  }
  const at::Tensor labels = records.select(1, 0).to(torch::kInt64);
  if (const int most = labels.max().item<int>(); most >= kCifarClasses) {
    return wrong(path, absl::StrCat("label ", most, ", expected 0 to 9"));
  }
  const at::Tensor pixels = records.narrow(1, 1, 3 * kCifarPixels);
  return LabelledImages{pixels.reshape({-1, 3, kCifarSide, kCifarSide}), labels};
}

absl::Status write_cifar_binary(const std::string& path, const std::vector<std::uint8_t>& pixels,
                                const std::vector<std::int64_t>& labels) {
  if (pixels.size() != labels.size() * 3 * kCifarPixels) {
    return wrong(path, absl::StrCat(labels.size(), " labels for ", pixels.size(), " bytes"));
  }
  std::ofstream file(path, std::ios::binary);
  std::vector<char> record(kCifarRecord);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] < 0 || labels[row] >= kCifarClasses) {
      return wrong(path, absl::StrCat("label ", labels[row], ", expected 0 to 9"));
    }
    record[0] = static_cast<char>(labels[row]);
    to_planes(pixels.data() + row * 3 * kCifarPixels, record.data() + 1);
    file.write(record.data(), kCifarRecord);
  }
  file.close();
  if (!file) return absl::InternalError(absl::StrCat(path, ": ", std::strerror(errno)));
  return absl::OkStatus();
}

}  // namespace bittensor
