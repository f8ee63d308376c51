// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/safetensors_header.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/tensor_map.h"

namespace bittensor {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{16} << 20;

constexpr std::pair<absl::string_view, at::ScalarType> kDtypes[] = {
    {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf},  {"BF16", at::kBFloat16},
    {"I64", at::kLong},   {"I32", at::kInt},   {"I16", at::kShort}, {"I8", at::kChar},
    {"U8", at::kByte},    {"BOOL", at::kBool}};

absl::Status invalid(absl::string_view name, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("tensor ", in_quotes(name), ": ", what));
}

// JSON as the format has it: no name twice, nothing deeper than the numbers of a shape.
absl::StatusOr<json> parse_strictly(absl::string_view text) {
  bool too_deep = false;
  std::string repeated;
  std::set<std::string> names[2];
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > 3) {
      too_deep = true;
      return false;
    }
    if (event == json::parse_event_t::object_start && depth == 1) names[1].clear();
    if (event == json::parse_event_t::key && depth <= 2) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!names[depth - 1].insert(name).second) repeated = name;
    }
    return true;
  };
  json header = json::parse(text.begin(), text.end(), watch, /*allow_exceptions=*/false);
  if (too_deep || !header.is_object()) {
    return absl::InvalidArgumentError("the header is not JSON of the right form");
  }
  if (!repeated.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(in_quotes(repeated), " appears twice"));
  }
  return header;
}

// A non-negative integer below 2^63, or nothing.
std::optional<std::int64_t> natural(const json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  const auto number = value.get<std::uint64_t>();
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(number);
}

absl::StatusOr<at::ScalarType> parse_dtype(const std::string& name, const json& entry) {
  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string()) return invalid(name, "no dtype");
  const auto& written = dtype->get_ref<const std::string&>();
  for (const auto& [text, type] : kDtypes) {
    if (text == written) return type;
  }
  return invalid(name, absl::StrCat("unknown dtype ", in_quotes(written)));
}

absl::StatusOr<std::vector<std::int64_t>> parse_shape(const std::string& name, const json& entry) {
  const auto shape = entry.find("shape");
  if (shape == entry.end() || !shape->is_array()) return invalid(name, "no shape");
  std::vector<std::int64_t> sizes;
  for (const json& size : *shape) {
    const auto number = natural(size);
    if (!number) return invalid(name, "a shape must be of natural numbers");
    sizes.push_back(*number);
  }
  return sizes;
}

// Offsets are counted from the end of the header, at byte `data_begin` of the file.
absl::StatusOr<SafetensorsHeader::Entry> parse_entry(const std::string& name, const json& entry,
                                                     std::size_t data_begin,
                                                     std::size_t file_size) {
  if (!entry.is_object()) return invalid(name, "no description");
  SafetensorsHeader::Entry result;
  result.name = name;
  BITTENSOR_ASSIGN_OR_RETURN(result.dtype, parse_dtype(name, entry));
  BITTENSOR_ASSIGN_OR_RETURN(result.shape, parse_shape(name, entry));

  const auto offsets = entry.find("data_offsets");
  if (offsets == entry.end() || !offsets->is_array() || offsets->size() != 2) {
    return invalid(name, "no data_offsets");
  }
  const auto begin = natural((*offsets)[0]);
  const auto end = natural((*offsets)[1]);
  const auto data_size = static_cast<std::int64_t>(file_size - data_begin);
  if (!begin || !end || *begin > *end || *end > data_size) {
    return invalid(name, "data_offsets are not within the file");
  }
  const auto count = element_count(result.shape);
  std::int64_t bytes = 0;
  if (!count ||
      __builtin_mul_overflow(*count, static_cast<std::int64_t>(c10::elementSize(result.dtype)),
                             &bytes) ||
      bytes != *end - *begin) {
    return invalid(name, absl::StrCat("its shape does not fit ", *end - *begin, " bytes"));
  }
  result.begin = data_begin + static_cast<std::size_t>(*begin);
  result.end = data_begin + static_cast<std::size_t>(*end);
  return result;
}

absl::Status parse_metadata(const json& metadata, std::map<std::string, std::string>& result) {
  if (!metadata.is_object()) return absl::InvalidArgumentError("__metadata__ is not an object");
  for (const auto& [key, value] : metadata.items()) {
    if (!value.is_string()) {
      return absl::InvalidArgumentError(
          absl::StrCat("__metadata__: ", in_quotes(key), " is not a string"));
    }
    result[key] = value.get<std::string>();
  }
  return absl::OkStatus();
}

// The bytes of the tensors, taken together, are those of the file.
absl::Status check_layout(const std::vector<SafetensorsHeader::Entry>& tensors,
                          std::size_t data_begin, std::size_t file_size) {
  std::size_t expected = data_begin;
  for (const auto& tensor : tensors) {
    if (tensor.begin < expected) return invalid(tensor.name, "overlaps another tensor");
    if (tensor.begin > expected) return invalid(tensor.name, "unused bytes before it");
    expected = tensor.end;
  }
  if (expected != file_size) return absl::InvalidArgumentError("unused bytes at the end");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SafetensorsHeader> parse_safetensors_header(absl::string_view file) {
  std::uint64_t header_size = 0;
  if (file.size() < sizeof header_size) {
    return absl::InvalidArgumentError("too short to be a safetensors file");
  }
  std::memcpy(&header_size, file.data(), sizeof header_size);
  if (header_size > kMaxHeaderBytes || header_size > file.size() - sizeof header_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("a header of ", header_size, " bytes in a file of ", file.size()));
  }
  const std::size_t data_begin = sizeof header_size + header_size;
  BITTENSOR_ASSIGN_OR_RETURN(const json parsed,
                             parse_strictly(file.substr(sizeof header_size, header_size)));

  SafetensorsHeader header;
  for (const auto& [name, entry] : parsed.items()) {
    if (name == "__metadata__") {
      BITTENSOR_RETURN_IF_ERROR(parse_metadata(entry, header.metadata));
      continue;
    }
    BITTENSOR_ASSIGN_OR_RETURN(auto tensor, parse_entry(name, entry, data_begin, file.size()));
    header.tensors.push_back(std::move(tensor));
  }
  std::sort(header.tensors.begin(), header.tensors.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  BITTENSOR_RETURN_IF_ERROR(check_layout(header.tensors, data_begin, file.size()));
  return header;
}

absl::string_view safetensors_dtype(at::ScalarType dtype) {
  for (const auto& [text, type] : kDtypes) {
    if (type == dtype) return text;
  }
  return {};
}

}  // namespace bittensor
