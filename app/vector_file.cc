// SPDX-License-Identifier: MIT
#include "app/vector_file.h"

#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "torch/types.h"

#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

// Numbers with as many digits as tell one float from another.
using FloatJson = nlohmann::basic_json<std::map, std::vector, std::string, bool, std::int64_t,
                                       std::uint64_t, float>;

// The bytes of row-major floats.
absl::string_view bytes_of(const torch::Tensor& vectors) {
  return {static_cast<const char*>(vectors.data_ptr()), vectors.nbytes()};
}

class JsonLines : public VectorFile {
 public:
  explicit JsonLines(std::optional<StagedFile> file) : file_(std::move(file)) {}

  absl::Status append(const torch::Tensor& vectors) override {
    const torch::Tensor rows = vectors.contiguous();
    std::string lines;
    for (std::int64_t row = 0; row < rows.size(0); ++row) {
      const float* first = rows.data_ptr<float>() + row * rows.size(1);
      absl::StrAppend(&lines, FloatJson(std::vector<float>(first, first + rows.size(1))).dump(),
                      "\n");
    }
    if (file_) return file_->append(lines);
    if (std::fwrite(lines.data(), 1, lines.size(), stdout) == lines.size()) return absl::OkStatus();
    return absl::DataLossError("standard output takes no more");
  }
  absl::Status finish() override {
    if (file_) return file_->publish();
    if (std::fflush(stdout) == 0) return absl::OkStatus();
    return absl::DataLossError("standard output takes no more");
  }

 private:
  std::optional<StagedFile> file_;
};

class Numpy : public VectorFile {
 public:
  explicit Numpy(std::string path) : path_(std::move(path)) {}

  absl::Status append(const torch::Tensor& vectors) override {
    parts_.push_back(vectors.contiguous());
    return absl::OkStatus();
  }
  // Version 1.0 of the format: the header ends with a newline, its length is a multiple of 64.
  absl::Status finish() override {
    std::int64_t rows = 0;
    for (const torch::Tensor& part : parts_) rows += part.size(0);
    std::string header = absl::StrCat("{'descr': '<f4', 'fortran_order': False, 'shape': (", rows,
                                      ", ", parts_.empty() ? 0 : parts_.front().size(1), "), }");
    constexpr std::size_t kBefore = 10;
    header.append(63 - (kBefore + header.size()) % 64, ' ');
    header.push_back('\n');
    std::string start = "\x93NUMPY";
    start.push_back('\x01');
    start.push_back('\0');
    start.push_back(static_cast<char>(header.size() & 0xFF));
    start.push_back(static_cast<char>(header.size() >> 8));
    std::vector<absl::string_view> pieces = {start, header};
    for (const torch::Tensor& part : parts_) pieces.push_back(bytes_of(part));
    return write_whole_file(path_, pieces);
  }

 private:
  std::string path_;
  std::vector<torch::Tensor> parts_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<VectorFile>> VectorFile::create(const std::string& path) {
  std::unique_ptr<VectorFile> file;
  if (absl::EndsWith(path, ".npy")) {
    file = std::make_unique<Numpy>(path);
  } else if (path.empty()) {
    file = std::make_unique<JsonLines>(std::nullopt);
  } else {
    BITTENSOR_ASSIGN_OR_RETURN(StagedFile staged, StagedFile::create(path, 0666));
    file = std::make_unique<JsonLines>(std::move(staged));
  }
  return file;
}

}  // namespace bittensor
