// SPDX-License-Identifier: MIT
#include "bittensor/tensor/wire_tensor.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "ATen/ATen.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/tensor/codec.h"
#include "bittensor/tensor/compression.h"
#include "bittensor/tensor/finite.h"
#include "bittensor/tensor/payload_stream.h"

namespace bittensor {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr int kRecursionLimit = 16;

// Elements are looked at in pieces that the first cache holds; a multiple of every element's size.
constexpr std::size_t kBlock = 16 * 1024;

constexpr std::uint32_t varint_tag(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_VARINT);
}
constexpr std::uint32_t bytes_tag(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

// The next tag, or 0 at the end and for one of more than the five bytes that protobuf's own parsers
// take: ReadTag() would drop what is too much of it.
std::uint32_t read_tag(CodedInputStream& coded) {
  constexpr int kMostBytes = 5;
  const int begin = coded.CurrentPosition();
  const std::uint32_t tag = coded.ReadTag();
  return coded.CurrentPosition() - begin <= kMostBytes ? tag : 0;
}

// Leaves a field out, or writes it to `out`. Our messages have no groups, and what is in one is
// not looked at as closely as the rest.
bool skip_field(CodedInputStream& coded, std::uint32_t tag, CodedOutputStream* out = nullptr) {
  if (WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_START_GROUP) return false;
  return out != nullptr ? WireFormatLite::SkipField(&coded, tag, out)
                        : WireFormatLite::SkipField(&coded, tag);
}

// The length of what follows, if it is all there.
bool read_size(CodedInputStream& coded, int& size) {
  return coded.ReadVarintSizeAsInt(&size) && size <= coded.BytesUntilLimit();
}

template <typename Enum>
bool read_enum(CodedInputStream& coded, Enum& value) {
  std::uint64_t number = 0;
  if (!coded.ReadVarint64(&number)) return false;
  value = static_cast<Enum>(static_cast<int>(number));
  return true;
}

bool read_dimension(CodedInputStream& coded, WireTensor& tensor) {
  std::uint64_t size = 0;
  if (!coded.ReadVarint64(&size)) return false;
  if (tensor.dimensions < WireTensor::kMaxDimensions) {
    tensor.shape[tensor.dimensions] = static_cast<std::int64_t>(size);
  }
  ++tensor.dimensions;
  return true;
}

bool read_packed_shape(CodedInputStream& coded, WireTensor& tensor) {
  int size = 0;
  if (!read_size(coded, size)) return false;
  const auto limit = coded.PushLimit(size);
  while (coded.BytesUntilLimit() > 0) {
    if (!read_dimension(coded, tensor)) return false;
  }
  coded.PopLimit(limit);
  return true;
}

bool find_elements(CodedInputStream& coded, WireTensor& tensor) {
  int size = 0;
  if (!read_size(coded, size)) return false;
  tensor.begin = static_cast<std::size_t>(coded.CurrentPosition());
  tensor.size = static_cast<std::size_t>(size);
  return coded.Skip(size);
}

// The fields of a v1::Tensor up to the limit; those of one that came before count unless
// they come again, as in any protobuf message.
bool read_tensor(CodedInputStream& coded, WireTensor& tensor) {
  tensor.present = true;
  while (const std::uint32_t tag = read_tag(coded)) {
    bool ok = false;
    switch (tag) {
      case varint_tag(v1::Tensor::kDtypeFieldNumber):
        ok = read_enum(coded, tensor.dtype);
        break;
      case varint_tag(v1::Tensor::kShapeFieldNumber):
        ok = read_dimension(coded, tensor);
        break;
      case bytes_tag(v1::Tensor::kShapeFieldNumber):
        ok = read_packed_shape(coded, tensor);
        break;
      case bytes_tag(v1::Tensor::kDataFieldNumber):
        ok = find_elements(coded, tensor);
        break;
      case varint_tag(v1::Tensor::kCompressionFieldNumber):
        ok = read_enum(coded, tensor.compression);
        break;
      default:
        ok = skip_field(coded, tag);
    }
    if (!ok) return false;
  }
  return coded.ConsumedEntireMessage();
}

bool read_tensor_field(CodedInputStream& coded, WireTensor& tensor) {
  int size = 0;
  if (!read_size(coded, size)) return false;
  const auto [limit, depth] = coded.IncrementRecursionDepthAndPushLimit(size);
  return depth >= 0 && read_tensor(coded, tensor) &&
         coded.DecrementRecursionDepthAndPopLimit(limit);
}

WireTensor* find(std::initializer_list<WireTensor*> tensors, std::uint32_t tag) {
  for (WireTensor* tensor : tensors) {
    if (bytes_tag(tensor->field) == tag) return tensor;
  }
  return nullptr;
}

// The whole payload as a stream of which no more is read than is there.
class PayloadReader {
 public:
  explicit PayloadReader(const Payload& payload) : stream_(payload), coded_(&stream_) {
    coded_.SetRecursionLimit(kRecursionLimit);
    // Without a limit no length fits.
    if (payload.size() > std::size_t{std::numeric_limits<int>::max()}) return;
    coded_.PushLimit(static_cast<int>(payload.size()));
  }
  CodedInputStream& coded() { return coded_; }

 private:
  PayloadInputStream stream_;
  CodedInputStream coded_;
};

// The number of elements, or an error if the shape is none.
absl::StatusOr<std::int64_t> checked_numel(const WireTensor& wire) {
  if (wire.dimensions > WireTensor::kMaxDimensions) {
    return absl::InvalidArgumentError(
        absl::StrCat("tensor of ", wire.dimensions, " dimensions; at most 8 are taken"));
  }
  // Zero-sized dimensions are multiplied last, so that they cannot hide an overflow.
  std::int64_t numel = 1;
  bool empty = false;
  for (std::int64_t i = 0; i < wire.dimensions; ++i) {
    const std::int64_t size = wire.shape[i];
    if (size < 0) return absl::InvalidArgumentError("tensor with a negative dimension");
    if (size == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(numel, size, &numel)) {
      return absl::InvalidArgumentError("tensor shape overflows");
    }
  }
  return empty ? 0 : numel;
}

// Calls `take` with the pieces of the elements, in their order.
template <typename Take>
void for_each_piece(const Payload& payload, const WireTensor& wire, const Take& take) {
  std::size_t skip = wire.begin;
  std::size_t left = wire.size;
  for (const Payload::Slice& slice : payload.slices()) {
    if (left == 0) return;
    if (skip >= slice.bytes.size()) {
      skip -= slice.bytes.size();
      continue;
    }
    const absl::string_view piece = slice.bytes.substr(skip, left);
    skip = 0;
    left -= piece.size();
    take(piece);
  }
}

// Copies the elements to `out` and tells whether they are finite.
bool copy_elements(const Payload& payload, const WireTensor& wire, at::ScalarType dtype,
                   char* out) {
  std::size_t copied = 0;
  bool finite = true;
  for_each_piece(payload, wire, [&](absl::string_view piece) {
    while (!piece.empty()) {
      const std::size_t in_block = copied % kBlock;
      const std::size_t step = std::min(piece.size(), kBlock - in_block);
      std::memcpy(out + copied, piece.data(), step);
      piece.remove_prefix(step);
      copied += step;
      if (copied % kBlock != 0 && copied != wire.size) continue;
      finite = finite && all_finite(dtype, out + copied - in_block - step, in_block + step);
    }
  });
  return finite;
}

std::string joined_pieces(const Payload& payload, const WireTensor& wire) {
  std::string bytes;
  bytes.reserve(wire.size);
  for_each_piece(payload, wire,
                 [&](absl::string_view piece) { bytes.append(piece.data(), piece.size()); });
  return bytes;
}

absl::StatusOr<DecodedTensor> decode_compressed(const Payload& payload, const WireTensor& wire,
                                                const std::vector<std::int64_t>& shape,
                                                std::int64_t numel) {
  const Compression compression = from_proto(wire.compression);
  if (compression == Compression::kNone) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown tensor compression ", wire.compression));
  }
  if (wire.dtype != v1::DTYPE_FLOAT32) {
    return absl::InvalidArgumentError("compressed tensor that is not float32");
  }
  BITTENSOR_ASSIGN_OR_RETURN(at::Tensor tensor,
                             decompressed(joined_pieces(payload, wire), compression, shape, numel));
  const bool finite = all_finite(tensor);
  return DecodedTensor{std::move(tensor), finite};
}

}  // namespace

absl::Status parse_with_tensors(const Payload& payload, std::int64_t max_fields,
                                google::protobuf::MessageLite& message,
                                std::initializer_list<WireTensor*> tensors) {
  const auto refused = [&] {
    return absl::InvalidArgumentError(absl::StrCat("not a ", message.GetTypeName(), " message"));
  };
  PayloadReader reader(payload);
  CodedInputStream& coded = reader.coded();
  std::string others;
  {
    google::protobuf::io::StringOutputStream stream(&others);
    CodedOutputStream out(&stream);
    for (std::int64_t fields = 0; const std::uint32_t tag = read_tag(coded); ++fields) {
      if (fields >= max_fields) {
        return absl::InvalidArgumentError(
            absl::StrCat("message of more than ", max_fields, " fields"));
      }
      WireTensor* const tensor = find(tensors, tag);
      const bool ok =
          tensor != nullptr ? read_tensor_field(coded, *tensor) : skip_field(coded, tag, &out);
      if (!ok) return refused();
    }
  }
  if (!coded.ConsumedEntireMessage() || !message.ParseFromString(others)) return refused();
  return absl::OkStatus();
}

absl::Status parse_tensor(const Payload& payload, WireTensor& tensor) {
  PayloadReader reader(payload);
  if (read_tensor(reader.coded(), tensor)) return absl::OkStatus();
  return absl::InvalidArgumentError("not a bittensor.v1.Tensor message");
}

absl::StatusOr<DecodedTensor> decode_tensor(const Payload& payload, const WireTensor& wire) {
  BITTENSOR_ASSIGN_OR_RETURN(const at::ScalarType dtype, scalar_type(wire.dtype));
  BITTENSOR_ASSIGN_OR_RETURN(const std::int64_t numel, checked_numel(wire));
  const std::vector<std::int64_t> shape(wire.shape.begin(), wire.shape.begin() + wire.dimensions);
  if (wire.compression != v1::COMPRESSION_NONE) {
    return decode_compressed(payload, wire, shape, numel);
  }
  const std::size_t element = c10::elementSize(dtype);
  // Divided, not multiplied: numel * element may overflow.
  if (wire.size % element != 0 || wire.size / element != static_cast<std::uint64_t>(numel)) {
    return absl::InvalidArgumentError(absl::StrCat("tensor of ", numel, " elements of ", element,
                                                   " bytes comes with ", wire.size, " bytes"));
  }
  at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(dtype));
  const bool finite = copy_elements(payload, wire, dtype, static_cast<char*>(tensor.data_ptr()));
  return DecodedTensor{std::move(tensor), finite};
}

}  // namespace bittensor
