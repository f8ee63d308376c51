// SPDX-License-Identifier: MIT
#include "datasets/augmentation.h"

#include <algorithm>

namespace bittensor {

// Not std::uniform_int_distribution: it may differ between libraries, and a run that resumes on
// another machine is to see the same images.
View random_view(const Augmentation& augmentation, std::mt19937_64& random) {
  const auto places = static_cast<std::uint64_t>(2 * augmentation.shift + 1);
  View view;
  view.down = static_cast<std::int64_t>(random() % places) - augmentation.shift;
  view.right = static_cast<std::int64_t>(random() % places) - augmentation.shift;
  view.mirrored = augmentation.mirror && random() % 2 == 1;
  view.black_edges = augmentation.black_edges;
  return view;
}

void copy_plane(const std::uint8_t* from, std::int64_t rows, std::int64_t cols, const View& view,
                float scale, float shift, float* into) {
  // The columns that show a pixel: [begin, end), the first of them column `first` of the image,
  // which is read to the right, or to the left if it is mirrored.
  const std::int64_t begin = std::clamp<std::int64_t>(view.right, 0, cols);
  const std::int64_t end = std::clamp<std::int64_t>(cols + view.right, 0, cols);
  const float bare = view.black_edges ? shift : 0;
  const std::int64_t step = view.mirrored ? -1 : 1;
  const std::int64_t first = view.mirrored ? cols - 1 - (begin - view.right) : begin - view.right;
  for (std::int64_t row = 0; row < rows; ++row, into += cols) {
    const std::int64_t source = row - view.down;
    if (source < 0 || source >= rows || begin >= end) {
      std::fill(into, into + cols, bare);
      continue;
    }
    const std::uint8_t* pixel = from + source * cols + first;
    std::fill(into, into + begin, bare);
    for (std::int64_t col = begin; col < end; ++col, pixel += step) {
      into[col] = static_cast<float>(*pixel) * scale + shift;
    }
    std::fill(into + end, into + cols, bare);
  }
}

}  // namespace bittensor
