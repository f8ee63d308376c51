// SPDX-License-Identifier: MIT
#include "bittensor/tensor/codec.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ATen/ATen.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace bittensor {
namespace {

using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr int kMaxDimensions = 8;
constexpr std::uint32_t kLengthDelimited = 2;  // protobuf's wire type of bytes and messages

void append_varint(std::uint64_t value, std::string& out) {
  std::uint8_t bytes[10];
  const std::uint8_t* end = CodedOutputStream::WriteVarint64ToArray(value, bytes);
  out.append(reinterpret_cast<const char*>(bytes), end - bytes);
}

void append_tag(int field_number, std::string& out) {
  append_varint((static_cast<std::uint32_t>(field_number) << 3) | kLengthDelimited, out);
}

// Lets protobuf read a Payload's slices where they lie.
class PayloadInputStream final : public google::protobuf::io::ZeroCopyInputStream {
 public:
  explicit PayloadInputStream(const Payload& payload) : slices_(payload.slices()) {}

  bool Next(const void** data, int* size) override {
    if (index_ == slices_.size()) return false;
    const absl::string_view bytes = slices_[index_].bytes;
    const std::size_t left = bytes.size() - offset_;
    const auto step = std::min<std::size_t>(left, std::numeric_limits<int>::max());
    *data = bytes.data() + offset_;
    *size = static_cast<int>(step);
    advance(step);
    return true;
  }

  // Protobuf gives back at most what the last Next() gave.
  void BackUp(int count) override {
    read_ -= count;
    if (offset_ == 0) offset_ = slices_[--index_].bytes.size();
    offset_ -= count;
  }

  bool Skip(int count) override {
    while (count > 0) {
      const void* data = nullptr;
      int size = 0;
      if (!Next(&data, &size)) return false;
      if (size > count) BackUp(size - count);
      count -= std::min(size, count);
    }
    return true;
  }

  std::int64_t ByteCount() const override { return read_; }

 private:
  void advance(std::size_t step) {
    read_ += static_cast<std::int64_t>(step);
    offset_ += step;
    if (offset_ == slices_[index_].bytes.size()) {
      ++index_;
      offset_ = 0;
    }
  }

  const std::vector<Payload::Slice>& slices_;
  std::size_t index_ = 0;
  std::size_t offset_ = 0;  // within slices_[index_]; never at its end
  std::int64_t read_ = 0;
};

// The number of elements of `message`, or an error if its shape is none.
absl::StatusOr<std::int64_t> checked_numel(const v1::Tensor& message) {
  if (message.shape_size() > kMaxDimensions) {
    return absl::InvalidArgumentError(
        absl::StrCat("tensor of ", message.shape_size(), " dimensions; at most 8 are taken"));
  }
  // Zero-sized dimensions are multiplied last, so that they cannot hide an overflow.
  std::int64_t numel = 1;
  bool empty = false;
  for (const std::int64_t size : message.shape()) {
    if (size < 0) return absl::InvalidArgumentError("tensor with a negative dimension");
    if (size == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(numel, size, &numel)) {
      return absl::InvalidArgumentError("tensor shape overflows");
    }
  }
  return empty ? 0 : numel;
}

absl::StatusOr<at::Tensor> decode_compressed(const v1::Tensor& message,
                                             const std::vector<std::int64_t>& shape,
                                             std::int64_t numel) {
  const Compression compression = from_proto(message.compression());
  if (compression == Compression::kNone) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown tensor compression ", message.compression()));
  }
  if (message.dtype() != v1::DTYPE_FLOAT32) {
    return absl::InvalidArgumentError("compressed tensor that is not float32");
  }
  return decompressed(message.data(), compression, shape, numel);
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

  // No copy if it is contiguous on the CPU already.
  at::Tensor elements = tensor.detach().cpu().contiguous();
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

absl::StatusOr<at::Tensor> decode_tensor(v1::Tensor&& message) {
  const auto dtype = scalar_type(message.dtype());
  if (!dtype.ok()) return dtype.status();
  const auto numel = checked_numel(message);
  if (!numel.ok()) return numel.status();
  const std::vector<std::int64_t> shape(message.shape().begin(), message.shape().end());
  if (message.compression() != v1::COMPRESSION_NONE) {
    return decode_compressed(message, shape, *numel);
  }
  const std::size_t element = c10::elementSize(*dtype);
  // Divided, not multiplied: numel * element may overflow.
  if (message.data().size() % element != 0 ||
      message.data().size() / element != static_cast<std::uint64_t>(*numel)) {
    return absl::InvalidArgumentError(absl::StrCat("tensor of ", *numel, " elements of ", element,
                                                   " bytes comes with ", message.data().size(),
                                                   " bytes"));
  }
  const auto options = at::TensorOptions().dtype(*dtype);
  // A short string lives inside its object, where nothing is aligned for wide elements.
  if (message.data().size() < 64) {
    at::Tensor tensor = at::empty(shape, options);
    std::copy(message.data().begin(), message.data().end(), static_cast<char*>(tensor.data_ptr()));
    return tensor;
  }
  auto* bytes = new std::string(std::move(*message.mutable_data()));
  return at::from_blob(
      bytes->data(), shape, [bytes](void*) { delete bytes; }, options);
}

absl::Status check_field_count(const Payload& payload, std::int64_t most) {
  PayloadInputStream stream(payload);
  CodedInputStream coded(&stream);
  coded.SetRecursionLimit(16);
  for (std::int64_t fields = 0; const std::uint32_t tag = coded.ReadTag(); ++fields) {
    if (fields >= most) {
      return absl::InvalidArgumentError(absl::StrCat("message of more than ", most, " fields"));
    }
    if (!google::protobuf::internal::WireFormatLite::SkipField(&coded, tag)) {
      return absl::InvalidArgumentError("malformed message");
    }
  }
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
