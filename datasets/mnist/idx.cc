// SPDX-License-Identifier: MIT
#include "datasets/mnist/idx.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr unsigned char kUnsignedByte = 0x08;
constexpr std::size_t kMostDimensions = 7;  // what our tensors may have

struct Header {
  std::vector<std::int64_t> shape;
  std::uint64_t bytes = 0;  // of the body
};

absl::Status damaged(const std::string& path, const std::string& reason) {
  return absl::DataLossError(absl::StrCat(path, ": ", reason));
}

bool read_exactly(std::ifstream& file, void* into, std::uint64_t bytes) {
  return static_cast<bool>(
      file.read(static_cast<char*>(into), static_cast<std::streamsize>(bytes)));
}

// Leaves `file` at the first element. `most` is the file's size: no body can be larger.
absl::StatusOr<Header> read_header(const std::string& path, std::ifstream& file,
                                   std::uint64_t most) {
  std::array<unsigned char, 4> magic;
  if (!read_exactly(file, magic.data(), magic.size())) return damaged(path, "has no IDX header");
  if (magic[0] == 0x1f && magic[1] == 0x8b) return damaged(path, "is compressed: gunzip it");
  if (magic[0] != 0 || magic[1] != 0) return damaged(path, "is not an IDX file");
  if (magic[2] != kUnsignedByte) {
    return damaged(path, absl::StrCat("element type ", magic[2], ", expected unsigned bytes (8)"));
  }
  if (magic[3] == 0 || magic[3] > kMostDimensions) {
    return damaged(path, absl::StrCat(magic[3], " dimensions, expected 1 to ", kMostDimensions));
  }
  Header header;
  header.bytes = 1;
  bool empty = false;
  for (int i = 0; i < magic[3]; ++i) {
    std::array<unsigned char, 4> big_endian;
    if (!read_exactly(file, big_endian.data(), big_endian.size())) {
      return damaged(path, "the header is cut short");
    }
    std::uint64_t size = 0;
    for (const unsigned char byte : big_endian) size = size << 8 | byte;
    // Both factors are below 2^32 here, unless the file is larger than 4 GiB: divide. Zeros are
    // multiplied last, so that they cannot hide what libtorch's strides overflow with.
    if (size != 0 && header.bytes > most / size) {
      return damaged(path, absl::StrCat("dimensions ask for more than the file's ", most,
                                        " bytes: it is cut short"));
    }
    if (size != 0) header.bytes *= size;
    empty = empty || size == 0;
    header.shape.push_back(static_cast<std::int64_t>(size));
  }
  if (empty) header.bytes = 0;
  return header;
}

}  // namespace

absl::StatusOr<at::Tensor> read_idx(const std::string& path) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (error) return absl::NotFoundError(absl::StrCat(path, ": ", error.message()));
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));

  BITTENSOR_ASSIGN_OR_RETURN(const Header header, read_header(path, file, size));
  const std::uint64_t expected = 4 + 4 * header.shape.size() + header.bytes;
  if (size != expected) {
    return damaged(path, absl::StrCat("has ", size, " bytes, its header says ", expected));
  }
  at::Tensor elements = torch::empty(header.shape, torch::kUInt8);
  if (!read_exactly(file, elements.data_ptr(), header.bytes)) {
    return damaged(path, "cannot be read to its end");
  }
  return elements;
}

}  // namespace bittensor
