// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/safetensors.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "ATen/ATen.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/safetensors_header.h"

namespace bittensor {
namespace {

using NamedTensor = std::pair<std::string, at::Tensor>;

// On the CPU and contiguous, wide elements first, so that all lie where their type may.
std::vector<NamedTensor> in_order(const TensorMap& tensors) {
  std::vector<NamedTensor> ordered;
  ordered.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) {
    ordered.emplace_back(name, tensor.detach().cpu().contiguous());
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    return a.second.element_size() > b.second.element_size();
  });
  return ordered;
}

absl::StatusOr<std::string> make_header(const std::vector<NamedTensor>& tensors) {
  nlohmann::json header;
  header["__metadata__"]["format"] = "pt";
  std::uint64_t begin = 0;
  for (const auto& [name, tensor] : tensors) {
    const absl::string_view dtype = safetensors_dtype(tensor.scalar_type());
    if (dtype.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("tensor ", in_quotes(name),
                                                     ": safetensors has no dtype for ",
                                                     c10::toString(tensor.scalar_type())));
    }
    const std::uint64_t end = begin + tensor.nbytes();
    header[name] = {{"dtype", std::string(dtype)},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::uint64_t size = text.size();
  return std::string(reinterpret_cast<const char*>(&size), sizeof size) + text;
}

}  // namespace

absl::StatusOr<TensorMap> read_safetensors(const std::string& path) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  const auto header = parse_safetensors_header(file->bytes());
  if (!header.ok()) {
    return absl::Status(header.status().code(),
                        absl::StrCat(path, ": ", header.status().message()));
  }
  TensorMap tensors;
  try {
    for (const auto& entry : header->tensors) {
      tensors[entry.name] = view_tensor(
          file, {entry.dtype, entry.shape, contiguous_strides(entry.shape), entry.begin});
    }
  } catch (const std::exception& error) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": ", error.what()));
  }
  return tensors;
}

absl::Status write_safetensors(const std::string& path, const TensorMap& tensors) {
  const std::vector<NamedTensor> ordered = in_order(tensors);
  BITTENSOR_ASSIGN_OR_RETURN(const std::string header, make_header(ordered));
  std::vector<absl::string_view> pieces{header};
  for (const auto& [name, tensor] : ordered) {
    pieces.emplace_back(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
  }
  return write_whole_file(path, pieces);
}

}  // namespace bittensor
