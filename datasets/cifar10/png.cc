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

// libpng's simplified interface: it returns its errors, where the other one jumps over the
// caller's destructors.
absl::StatusOr<RgbPicture> read_png(const std::string& path, std::int64_t cols, std::int64_t rows) {
  if (!std::ifstream(path)) {
    return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  const absl::Cleanup free_image = [&image] { png_image_free(&image); };
  const auto damaged = [&] { return absl::DataLossError(absl::StrCat(path, ": ", image.message)); };
  if (png_image_begin_read_from_file(&image, path.c_str()) == 0) return damaged();
  if (image.width != cols || image.height != rows) {
    return absl::DataLossError(absl::StrCat(path, ": ", image.width, " x ", image.height,
                                            " pixels, expected ", cols, " x ", rows));
  }
  image.format = PNG_FORMAT_RGB;
  RgbPicture picture{cols, rows, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image))};
  if (png_image_finish_read(&image, /*background=*/nullptr, picture.pixels.data(),
                            /*row_stride=*/0, /*colormap=*/nullptr) == 0) {
    return damaged();
  }
  return picture;
}

}  // namespace bittensor
