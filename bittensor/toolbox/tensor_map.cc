// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/tensor_map.h"

#include <cstring>

#include "ATen/ATen.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace bittensor {

std::optional<std::int64_t> element_count(const std::vector<std::int64_t>& shape) {
  if (shape.size() > 8) return std::nullopt;
  // Zeros are multiplied last, so that they cannot hide an overflow, which strides have too.
  std::int64_t count = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(count, size, &count)) {
      return std::nullopt;
    }
  }
  return empty ? 0 : count;
}

std::vector<std::int64_t> contiguous_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

at::Tensor view_tensor(const std::shared_ptr<MappedFile>& file, const MappedTensor& tensor) {
  const at::TensorOptions options(tensor.dtype);
  if (element_count(tensor.shape).value_or(0) == 0) return at::empty(tensor.shape, options);
  char* data = file->data() + tensor.begin;
  const auto keep = [file](void*) {};
  if (tensor.dtype == at::kBool) {
    return at::from_blob(data, tensor.shape, tensor.strides, keep, at::kByte).ne(0);
  }
  const std::size_t element_size = c10::elementSize(tensor.dtype);
  if (reinterpret_cast<std::uintptr_t>(data) % element_size == 0) {
    return at::from_blob(data, tensor.shape, tensor.strides, keep, options);
  }
  std::int64_t elements = 1;  // from the first to the last that the tensor names
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    elements += (tensor.shape[i] - 1) * tensor.strides[i];
  }
  const at::Tensor copy = at::empty({elements}, options);
  std::memcpy(copy.data_ptr(), data, copy.nbytes());
  return copy.as_strided(tensor.shape, tensor.strides);
}

std::string in_quotes(absl::string_view name) {
  constexpr std::size_t kLongest = 80;
  return absl::StrCat("\"", absl::CHexEscape(name.substr(0, kLongest)),
                      name.size() > kLongest ? "..." : "", "\"");
}

}  // namespace bittensor
