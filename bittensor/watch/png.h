// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bittensor {

// A picture of 8 bits a channel, row by row, the channels of a pixel together.
struct Picture {
  int width = 0;
  int height = 0;
  int channels = 1;  // 1: grey, 3: red, green, blue
  std::vector<std::uint8_t> bytes;
};

// The picture as a PNG file (ISO/IEC 15948).
std::string png_of(const Picture& picture);

}  // namespace bittensor
