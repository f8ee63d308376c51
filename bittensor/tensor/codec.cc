// SPDX-License-Identifier: MIT
#include "bittensor/tensor/codec.h"

#include <memory>
#include <string>
#include <utility>

#include "ATen/ATen.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"

#include "bittensor/tensor/payload_stream.h"

namespace bittensor {
namespace {

using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr std::uint32_t kLengthDelimited = 2;  // protobuf's wire type of bytes and messages

void append_varint(std::uint64_t value, std::string& out) {
  std::uint8_t bytes[10];
  const std::uint8_t* end = CodedOutputStream::WriteVarint64ToArray(value, bytes);
  out.append(reinterpret_cast<const char*>(bytes), end - bytes);
}

void append_tag(int field_number, std::string& out) {
  append_varint((static_cast<std::uint32_t>(field_number) << 3) | kLengthDelimited, out);
}

}  // namespace

v1::DType wire_dtype(at::ScalarType dtype) {
  switch (dtype) {
    case at::kFloat:
      return v1::DTYPE_FLOAT32;
    case at::kHalf:
      return v1::DTYPE_FLOAT16;
    case at::kBFloat16:
      return v1::DTYPE_BFLOAT16;
    case at::kDouble:
      return v1::DTYPE_FLOAT64;
    case at::kLong:
      return v1::DTYPE_INT64;
    case at::kInt:
      return v1::DTYPE_INT32;
    case at::kByte:
      return v1::DTYPE_UINT8;
    default:
      return v1::DTYPE_UNSPECIFIED;
  }
}

absl::StatusOr<at::ScalarType> scalar_type(v1::DType dtype) {
  switch (dtype) {
    case v1::DTYPE_FLOAT32:
      return at::kFloat;
    case v1::DTYPE_FLOAT16:
      return at::kHalf;
    case v1::DTYPE_BFLOAT16:
      return at::kBFloat16;
    case v1::DTYPE_FLOAT64:
      return at::kDouble;
    case v1::DTYPE_INT64:
      return at::kLong;
    case v1::DTYPE_INT32:
      return at::kInt;
    case v1::DTYPE_UINT8:
      return at::kByte;
    default:
      return absl::InvalidArgumentError(absl::StrCat("unknown tensor dtype ", dtype));
  }
}

absl::Status append_tensor_field(int field_number, const at::Tensor& tensor, Payload& payload,
                                 Compression compression) {
  v1::Tensor head;
  head.set_dtype(wire_dtype(tensor.scalar_type()));
  if (head.dtype() == v1::DTYPE_UNSPECIFIED) {
    return absl::InvalidArgumentError(
        absl::StrCat("dtype ", at::toString(tensor.scalar_type()), " does not travel"));
  }
  for (const std::int64_t size : tensor.sizes()) head.add_shape(size);

  // No copy if it is contiguous on the CPU already. What needs no gradient needs no detach(), which
  // takes as long as the rest of this function.
  at::Tensor elements = (tensor.requires_grad() ? tensor.detach() : tensor).cpu().contiguous();
  if (compression != Compression::kNone && elements.scalar_type() == at::kFloat) {
    const at::Tensor packed = compressed(elements, compression);
    if (packed.defined()) {
      head.set_compression(to_proto(compression));
      elements = packed;
    }
  }
  auto kept = std::make_shared<const at::Tensor>(std::move(elements));
  const std::size_t bytes = kept->nbytes();

  // What protobuf would write for {head, data}, but with the elements in a slice of their own.
  std::string inner = head.SerializeAsString();
  append_tag(v1::Tensor::kDataFieldNumber, inner);
  append_varint(bytes, inner);
  std::string outer;
  append_tag(field_number, outer);
  append_varint(inner.size() + bytes, outer);
  payload.append(outer + inner);
  const auto* data = static_cast<const char*>(kept->data_ptr());
  payload.append(absl::string_view(data, bytes), std::move(kept));
  return absl::OkStatus();
}

absl::Status parse_payload(const Payload& payload, google::protobuf::MessageLite& message) {
  PayloadInputStream stream(payload);
  CodedInputStream coded(&stream);
  coded.SetRecursionLimit(16);
  if (!message.ParseFromCodedStream(&coded) || !coded.ConsumedEntireMessage()) {
    return absl::InvalidArgumentError(absl::StrCat("not a ", message.GetTypeName(), " message"));
  }
  return absl::OkStatus();
}

}  // namespace bittensor
