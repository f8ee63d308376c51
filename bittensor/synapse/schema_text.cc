// SPDX-License-Identifier: MIT
#include "bittensor/synapse/schema_text.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

const std::map<std::string, Modality> kModalities = {
    {"text", Modality::kText}, {"image", Modality::kImage}, {"tensor", Modality::kTensor}};

const std::map<std::string, at::ScalarType> kTypes = {
    {"float32", at::kFloat},  {"float16", at::kHalf}, {"bfloat16", at::kBFloat16},
    {"float64", at::kDouble}, {"int64", at::kLong},   {"int32", at::kInt},
    {"uint8", at::kByte}};

}  // namespace

absl::StatusOr<Schema> parse_schema(absl::string_view text) {
  const auto wrong = [&](const auto&... why) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is no schema: ", why...,
                     "; image:3x32x32, image:1x?x?, tensor:512, tensor:128:int64 and text are"));
  };
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  const auto modality = kModalities.find(parts[0]);
  if (modality == kModalities.end()) return wrong("no modality '", parts[0], "'");
  Schema schema;
  schema.modality = modality->second;
  if (schema.modality == Modality::kText) {
    if (parts.size() > 1) return wrong("text has no sizes");
    return schema;
  }
  if (parts.size() > 3) return wrong("too many colons");
  if (parts.size() > 2) {
    const auto type = kTypes.find(parts[2]);
    if (type == kTypes.end()) return wrong("no type '", parts[2], "'");
    schema.dtype = type->second;
  }
  const std::string sizes = parts.size() > 1 ? parts[1] : "";
  for (const absl::string_view size : absl::StrSplit(sizes, 'x', absl::SkipEmpty())) {
    std::int64_t number = -1;
    if (size != "?" && (!absl::SimpleAtoi(size, &number) || number < 1)) {
      return wrong("no size '", size, "'");
    }
    schema.shape.push_back(number);
  }
  if (schema.modality == Modality::kImage && schema.shape.size() != 3) {
    return wrong("an image has channels, rows and columns");
  }
  // What a stranger's schema must not be, this program's own must not be either.
  return from_proto(to_proto(schema));
}

}  // namespace bittensor
