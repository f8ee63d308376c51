// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "c10/core/ScalarType.h"

namespace bittensor {

// The header of a .safetensors file: 8 bytes of length, little-endian, and so many bytes of
// JSON; the elements of all tensors follow without gaps.
struct SafetensorsHeader {
  struct Entry {
    std::string name;
    at::ScalarType dtype = at::kFloat;
    std::vector<std::int64_t> shape;
    std::size_t begin = 0;  // bytes [begin, end) of the file
    std::size_t end = 0;
  };

  std::vector<Entry> tensors;  // in the order of their bytes
  std::map<std::string, std::string> metadata;
};

// Reads and checks the header of `file`, the bytes of the whole file. kInvalidArgument, naming
// the tensor, unless each has a known dtype, a shape that fits its bytes, and bytes that begin
// where those of the one before end.
absl::StatusOr<SafetensorsHeader> parse_safetensors_header(absl::string_view file);

// "F32" for at::kFloat; empty for a type that the format lacks.
absl::string_view safetensors_dtype(at::ScalarType dtype);

}  // namespace bittensor
