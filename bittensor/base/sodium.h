// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace bittensor::internal {

// Before any other call of libsodium; ends the program if libsodium cannot start. Thread-safe.
void ensure_sodium();

// The bytes as libsodium takes them.
inline const unsigned char* bytes_of(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace bittensor::internal
