// SPDX-License-Identifier: MIT
#include "bittensor/tensor/compression.h"

#include <algorithm>
#include <cstring>

#include "ATen/ATen.h"
#include "absl/strings/str_cat.h"

#include "bittensor/tensor/finite.h"
#include "bittensor/tensor/int8_rows.h"

namespace bittensor {
namespace {

constexpr Compression kAll[] = {Compression::kNone, Compression::kFloat16, Compression::kBfloat16,
                                Compression::kInt8};

// Scale and offset of a row shorter than this would cost too much: whole samples share one.
constexpr std::int64_t kShortestRow = 64;

at::Tensor as_dtype(const at::Tensor& floats, at::ScalarType dtype) {
  const at::Tensor half = floats.to(dtype);
  // Too large becomes infinite.
  return all_finite(half) ? half : at::Tensor();
}

std::int64_t int8_rows_of(const at::Tensor& floats) {
  if (floats.dim() == 0) return 1;
  return floats.size(-1) >= kShortestRow ? floats.numel() / floats.size(-1) : floats.size(0);
}

at::Tensor as_int8(const at::Tensor& floats) {
  const std::int64_t rows = int8_rows_of(floats);
  const std::int64_t size = floats.numel() / rows;
  const auto head = static_cast<std::int64_t>(sizeof(Int8Row)) * rows;
  if (head + floats.numel() >= static_cast<std::int64_t>(floats.nbytes())) return {};
  at::Tensor packed = at::empty({head + floats.numel()}, at::kByte);
  auto* const out = packed.data_ptr<std::uint8_t>();
  const auto* const elements = floats.data_ptr<float>();
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto scaled = to_int8(elements + row * size, size, out + head + row * size);
    if (!scaled) return {};
    std::memcpy(out + row * sizeof(Int8Row), &*scaled, sizeof(Int8Row));
  }
  return packed;
}

absl::Status wrong_size(absl::string_view bytes, Compression compression, std::int64_t numel) {
  return absl::InvalidArgumentError(absl::StrCat("tensor of ", numel, " elements as ",
                                                 to_string(compression), " comes with ",
                                                 bytes.size(), " bytes"));
}

absl::StatusOr<at::Tensor> from_dtype(absl::string_view bytes, Compression compression,
                                      const std::vector<std::int64_t>& shape, std::int64_t numel) {
  if (bytes.size() % 2 != 0 || bytes.size() / 2 != static_cast<std::uint64_t>(numel)) {
    return wrong_size(bytes, compression, numel);
  }
  const auto dtype = compression == Compression::kFloat16 ? at::kHalf : at::kBFloat16;
  // Not where they lie: a string's bytes need not be aligned.
  const at::Tensor half = at::empty(shape, dtype);
  if (!bytes.empty()) std::memcpy(half.data_ptr(), bytes.data(), bytes.size());
  return half.to(at::kFloat);
}

absl::StatusOr<at::Tensor> from_int8_rows(absl::string_view bytes,
                                          const std::vector<std::int64_t>& shape,
                                          std::int64_t numel) {
  const auto elements = static_cast<std::uint64_t>(numel);
  const std::uint64_t head = bytes.size() - std::min<std::uint64_t>(elements, bytes.size());
  const std::uint64_t rows = head / sizeof(Int8Row);
  if (elements == 0 && bytes.empty()) return at::empty(shape, at::kFloat);
  if (elements == 0 || elements > bytes.size() || head % sizeof(Int8Row) != 0 || rows == 0 ||
      elements % rows != 0) {
    return wrong_size(bytes, Compression::kInt8, numel);
  }
  at::Tensor floats = at::empty(shape, at::kFloat);
  const auto* const packed = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const auto size = static_cast<std::int64_t>(elements / rows);
  auto* const out = floats.data_ptr<float>();
  for (std::int64_t row = 0; row < static_cast<std::int64_t>(rows); ++row) {
    Int8Row scaled{};
    std::memcpy(&scaled, packed + row * sizeof(Int8Row), sizeof(Int8Row));
    from_int8(scaled, packed + head + row * size, size, out + row * size);
  }
  return floats;
}

}  // namespace

const char* to_string(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return "none";
    case Compression::kFloat16:
      return "float16";
    case Compression::kBfloat16:
      return "bfloat16";
    case Compression::kInt8:
      return "int8";
  }
  return "unknown";
}

absl::StatusOr<Compression> parse_compression(absl::string_view name) {
  for (const Compression compression : kAll) {
    if (name == to_string(compression)) return compression;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown compression \"", name, "\"; use none, float16, bfloat16 or int8"));
}

v1::Compression to_proto(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return v1::COMPRESSION_NONE;
    case Compression::kFloat16:
      return v1::COMPRESSION_FLOAT16;
    case Compression::kBfloat16:
      return v1::COMPRESSION_BFLOAT16;
    case Compression::kInt8:
      return v1::COMPRESSION_INT8;
  }
  return v1::COMPRESSION_NONE;
}

Compression from_proto(v1::Compression compression) {
  for (const Compression known : kAll) {
    if (to_proto(known) == compression) return known;
  }
  return Compression::kNone;
}

CompressionSet CompressionSet::all() {
  CompressionSet set;
  for (const Compression compression : kAll) set.insert(compression);
  return set;
}

at::Tensor compressed(const at::Tensor& floats, Compression compression) {
  if (floats.numel() == 0) return {};
  switch (compression) {
    case Compression::kNone:
      return {};
    case Compression::kFloat16:
      return as_dtype(floats, at::kHalf);
    case Compression::kBfloat16:
      return as_dtype(floats, at::kBFloat16);
    case Compression::kInt8:
      return all_finite(floats) ? as_int8(floats) : at::Tensor();
  }
  return {};
}

absl::StatusOr<at::Tensor> decompressed(absl::string_view bytes, Compression compression,
                                        const std::vector<std::int64_t>& shape,
                                        std::int64_t numel) {
  if (compression == Compression::kInt8) return from_int8_rows(bytes, shape, numel);
  return from_dtype(bytes, compression, shape, numel);
}

}  // namespace bittensor
