// SPDX-License-Identifier: MIT
#include "datasets/cifar10/png.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include <png.h>

namespace bittensor {
namespace {

// libpng's simplified interface: it returns its errors, where the other one jumps over the
// caller's destructors. `check_size` says what is wrong with the size, or "".
template <typename CheckSize>
absl::StatusOr<RgbPicture> read(const std::string& path, const CheckSize& check_size) {
  if (!std::ifstream(path)) {
    return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  const absl::Cleanup free_image = [&image] { png_image_free(&image); };
  const auto damaged = [&] { return absl::DataLossError(absl::StrCat(path, ": ", image.message)); };
  if (png_image_begin_read_from_file(&image, path.c_str()) == 0) return damaged();
  const std::int64_t cols = image.width;
  const std::int64_t rows = image.height;
  if (const std::string wrong = check_size(cols, rows); !wrong.empty()) {
    return absl::DataLossError(
        absl::StrCat(path, ": ", cols, " x ", rows, " pixels, expected ", wrong));
  }
  image.format = PNG_FORMAT_RGB;
  RgbPicture picture{cols, rows, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image))};
  if (png_image_finish_read(&image, /*background=*/nullptr, picture.pixels.data(),
                            /*row_stride=*/0, /*colormap=*/nullptr) == 0) {
    return damaged();
  }
  return picture;
}

}  // namespace

absl::StatusOr<RgbPicture> read_png(const std::string& path, std::int64_t cols, std::int64_t rows) {
  return read(path, [&](std::int64_t its_cols, std::int64_t its_rows) {
    const bool fits = its_cols == cols && its_rows == rows;
    return fits ? "" : absl::StrCat(cols, " x ", rows);
  });
}

absl::StatusOr<RgbPicture> read_png_up_to(const std::string& path, std::int64_t max_pixels) {
  return read(path, [&](std::int64_t cols, std::int64_t rows) {
    return cols * rows <= max_pixels ? "" : absl::StrCat("at most ", max_pixels);
  });
}

}  // namespace bittensor
