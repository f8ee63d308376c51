// SPDX-License-Identifier: MIT
#include "app/picture.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include <turbojpeg.h>

namespace bittensor {
namespace {

constexpr absl::string_view kPng("\x89PNG\r\n\x1a\n", 8);
constexpr absl::string_view kJpeg("\xff\xd8\xff", 3);
constexpr std::size_t kMaxFileBytes = std::size_t{256} << 20;
constexpr std::size_t kRgb = 3;

// Numbers in a block of Exif, which is laid out as a TIFF file, in either order of bytes.
class Exif {
 public:
  explicit Exif(absl::string_view tiff) : tiff_(tiff), big_(absl::StartsWith(tiff, "MM")) {}

  // 1 to 8; 1, upright, if it does not say.
  int orientation() const {
    constexpr std::size_t kEntryBytes = 12;
    constexpr std::uint32_t kOrientation = 0x0112;
    const std::size_t directory = number(4, 4);
    const std::size_t entries = number(directory, 2);
    for (std::size_t i = 0; i < entries; ++i) {
      const std::size_t entry = directory + 2 + i * kEntryBytes;
      if (number(entry, 2) != kOrientation) continue;
      const std::uint32_t value = number(entry + 8, 2);
      return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
    return 1;
  }

 private:
  // 0 beyond the end.
  std::uint32_t number(std::size_t at, std::size_t bytes) const {
    if (at > tiff_.size() || tiff_.size() - at < bytes) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      const std::size_t place = big_ ? at + i : at + bytes - 1 - i;
      value = value << 8 | static_cast<unsigned char>(tiff_[place]);
    }
    return value;
  }

  const absl::string_view tiff_;
  const bool big_;
};

// The block of Exif stands in a segment before the pixels (Exif 2.3, 4.5.4; JPEG, ITU-T T.81, B).
int orientation_of(absl::string_view jpeg) {
  constexpr absl::string_view kName("Exif\0\0", 6);
  constexpr unsigned char kApp1 = 0xe1;
  constexpr unsigned char kStartOfScan = 0xda;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(jpeg[at]); };
  std::size_t at = 2;
  while (at + 4 <= jpeg.size() && byte(at) == 0xff && byte(at + 1) != kStartOfScan) {
    const std::size_t length = byte(at + 2) << 8 | byte(at + 3);  // with its own two bytes
    if (length < 2) break;
    const absl::string_view segment = jpeg.substr(at + 4, length - 2);
    if (byte(at + 1) == kApp1 && absl::StartsWith(segment, kName)) {
      return Exif(segment.substr(kName.size())).orientation();
    }
    at += 2 + length;
  }
  return 1;
}

// As it is meant to be looked at, of what was stored with `orientation`.
RgbPicture upright(const RgbPicture& stored, int orientation) {
  const bool transposed = orientation >= 5;  // what was a row is a column
  const bool last_row_first =
      orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  const bool last_col_first =
      orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  RgbPicture turned = stored;
  if (transposed) std::swap(turned.rows, turned.cols);
  for (std::int64_t row = 0; row < turned.rows; ++row) {
    for (std::int64_t col = 0; col < turned.cols; ++col) {
      const std::int64_t r = last_row_first ? turned.rows - 1 - row : row;
      const std::int64_t c = last_col_first ? turned.cols - 1 - col : col;
      const std::int64_t from = transposed ? c * stored.cols + r : r * stored.cols + c;
      std::copy_n(
          stored.pixels.begin() + from * static_cast<std::int64_t>(kRgb), kRgb,
          turned.pixels.begin() + (row * turned.cols + col) * static_cast<std::int64_t>(kRgb));
    }
  }
  return turned;
}

// By TurboJPEG's interface: it returns its errors, where libjpeg's would end the process or jump
// over destructors.
absl::StatusOr<RgbPicture> decode_jpeg(const std::string& path, const std::string& bytes,
                                       std::int64_t max_pixels) {
  const tjhandle decoder = tjInitDecompress();
  const absl::Cleanup destroy = [decoder] { tjDestroy(decoder); };
  const auto damaged = [&] {
    return absl::DataLossError(absl::StrCat(path, ": ", tjGetErrorStr2(decoder)));
  };
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  int cols = 0;
  int rows = 0;
  int subsampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(decoder, data, bytes.size(), &cols, &rows, &subsampling, &colours) != 0) {
    return damaged();
  }
  if (std::int64_t{cols} * rows > max_pixels) {
    return absl::DataLossError(
        absl::StrCat(path, ": ", cols, " x ", rows, " pixels, expected at most ", max_pixels));
  }
  RgbPicture picture{cols, rows, {}};
  picture.pixels.resize(static_cast<std::size_t>(cols) * static_cast<std::size_t>(rows) * kRgb);
  // A file that ends early would otherwise be half a picture, grey below.
  if (tjDecompress2(decoder, data, bytes.size(), picture.pixels.data(), cols, /*pitch=*/0, rows,
                    TJPF_RGB, TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) != 0) {
    return damaged();
  }
  const int orientation = orientation_of(bytes);
  return orientation == 1 ? picture : upright(picture, orientation);
}

}  // namespace

bool is_picture(absl::string_view first_bytes) {
  return absl::StartsWith(first_bytes, kPng) || absl::StartsWith(first_bytes, kJpeg);
}

absl::StatusOr<RgbPicture> read_picture_file(const std::string& path, std::int64_t max_pixels) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(0, file.tellg()));
  if (size > kMaxFileBytes) {
    return absl::DataLossError(
        absl::StrCat(path, ": ", size, " bytes, expected at most ", kMaxFileBytes));
  }
  std::string bytes(size, '\0');
  file.seekg(0);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (absl::StartsWith(bytes, kPng)) return read_png_up_to(path, max_pixels);
  if (absl::StartsWith(bytes, kJpeg)) return decode_jpeg(path, bytes, max_pixels);
  return absl::InvalidArgumentError(absl::StrCat(path, ": neither a PNG nor a JPEG picture"));
}

}  // namespace bittensor
