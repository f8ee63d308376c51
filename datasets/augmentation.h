// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace bittensor {

// How a sample may be changed each time it is seen, so that few images are like many.
struct Augmentation {
  std::int64_t shift = 0;    // pixels at most, up or down and left or right
  bool mirror = false;       // left for right, every other time
  bool black_edges = false;  // what a shift lays bare is black; else the mean, 0 once normalised

  bool any() const { return shift > 0 || mirror; }
};

// One way of looking at an image.
struct View {
  std::int64_t down = 0;  // pixels that the image is moved by
  std::int64_t right = 0;
  bool mirrored = false;
  bool black_edges = false;
};

View random_view(const Augmentation& augmentation, std::mt19937_64& random);

// Writes `from` [rows, cols] as `view` shows it: pixel * scale + shift, and where no pixel is 0
// or what a pixel of 0 is.
void copy_plane(const std::uint8_t* from, std::int64_t rows, std::int64_t cols, const View& view,
                float scale, float shift, float* into);

}  // namespace bittensor
