// SPDX-License-Identifier: MIT
#include "bittensor/watch/png.h"

#include "absl/strings/str_cat.h"
#include <zlib.h>

#include "bittensor/base/check.h"

namespace bittensor {
namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto sum = static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
  return absl::StrCat(big_endian(static_cast<std::uint32_t>(data.size())), body, big_endian(sum));
}

}  // namespace

std::string png_of(const Picture& picture) {
  const auto row = static_cast<std::size_t>(picture.width * picture.channels);
  BITTENSOR_CHECK(picture.bytes.size() == row * static_cast<std::size_t>(picture.height))
      << picture.bytes.size() << " bytes of " << picture.width << " x " << picture.height;
  std::string rows;  // each after the number of its filter, none
  for (std::size_t begin = 0; begin < picture.bytes.size(); begin += row) {
    rows += '\0';
    rows.append(reinterpret_cast<const char*>(picture.bytes.data()) + begin, row);
  }
  uLongf size = compressBound(static_cast<uLong>(rows.size()));
  std::string packed(size, '\0');
  const int result =
      compress(reinterpret_cast<Bytef*>(packed.data()), &size,
               reinterpret_cast<const Bytef*>(rows.data()), static_cast<uLong>(rows.size()));
  BITTENSOR_CHECK(result == Z_OK) << "zlib says " << result;
  packed.resize(size);
  const char colour = picture.channels == 3 ? 2 : 0;
  const std::string head = absl::StrCat(big_endian(static_cast<std::uint32_t>(picture.width)),
                                        big_endian(static_cast<std::uint32_t>(picture.height))) +
                           std::string{8, colour, 0, 0, 0};
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", head) + chunk("IDAT", packed) + chunk("IEND", "");
}

}  // namespace bittensor
