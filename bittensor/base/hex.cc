// SPDX-License-Identifier: MIT
#include "bittensor/base/hex.h"

#include <cstddef>

#include <sodium.h>

namespace bittensor {

std::optional<std::string> hex_to_bytes(absl::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes(hex.size() / 2, '\0');
  const char* end = nullptr;
  if (sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), hex.data(),
                     hex.size(), nullptr, nullptr, &end) != 0 ||
      end != hex.data() + hex.size()) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace bittensor
