// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/strings/string_view.h"

#include "bittensor/toolbox/mapped_file.h"

namespace bittensor {

// Tensors by name, as a file of parameters holds them.
using TensorMap = std::map<std::string, at::Tensor>;

// A tensor in a mapped file.
struct MappedTensor {
  at::ScalarType dtype = at::kFloat;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  // in elements
  std::size_t begin = 0;              // byte of the file where element [0, 0, ...] lies
};

// The product of `shape`; nothing if that of its sizes without zeros overflows, which libtorch
// throws at, a dimension is negative or there are more than 8 dimensions.
std::optional<std::int64_t> element_count(const std::vector<std::int64_t>& shape);

// Strides of a row-major tensor.
std::vector<std::int64_t> contiguous_strides(const std::vector<std::int64_t>& shape);

// The tensor itself, over the mapped bytes, which it keeps. Copied are only elements that lie
// where their type may not (alignment) and booleans, whose bytes may hold anything. The caller
// has checked that all elements lie in the file.
at::Tensor view_tensor(const std::shared_ptr<MappedFile>& file, const MappedTensor& tensor);

// `name` for an error message: in quotes, escaped, not longer than a line.
std::string in_quotes(absl::string_view name);

}  // namespace bittensor
