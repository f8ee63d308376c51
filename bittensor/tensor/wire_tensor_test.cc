// SPDX-License-Identifier: MIT
#include "bittensor/tensor/wire_tensor.h"

#include <cmath>
#include <string>

#include "gtest/gtest.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/tensor/codec.h"
#include "bittensor/v1/axon.pb.h"

namespace bittensor {
namespace {

constexpr int kInputs = v1::ForwardRequest::kInputsFieldNumber;

v1::Tensor small_tensor(float value) {
  v1::Tensor message;
  message.set_dtype(v1::DTYPE_FLOAT32);
  message.add_shape(1);
  message.set_data(&value, sizeof value);
  return message;
}

absl::StatusOr<DecodedTensor> decode_inputs(const Payload& payload) {
  v1::ForwardRequest request;
  WireTensor inputs(kInputs);
  BITTENSOR_RETURN_IF_ERROR(parse_with_tensors(payload, 10, request, {&inputs}));
  return decode_tensor(payload, inputs);
}

Payload in_slices(const at::Tensor& tensor, std::size_t step) {
  Payload whole;
  EXPECT_TRUE(append_tensor_field(kInputs, tensor, whole).ok());
  const std::string bytes = whole.flatten();
  Payload cut;
  for (std::size_t i = 0; i < bytes.size(); i += step) cut.append(bytes.substr(i, step));
  return cut;
}

TEST(WireTensor, OtherFieldsAreParsedAndTheTensorIsNot) {
  v1::ForwardRequest sent;
  sent.set_modality(v1::MODALITY_TENSOR);
  sent.set_call_id(77);
  sent.add_text("one");
  sent.add_text("two");
  *sent.mutable_inputs() = small_tensor(3);
  const Payload payload(sent.SerializeAsString());
  v1::ForwardRequest request;
  WireTensor inputs(kInputs);
  ASSERT_TRUE(parse_with_tensors(payload, 5, request, {&inputs}).ok());
  EXPECT_EQ(request.modality(), v1::MODALITY_TENSOR);
  EXPECT_EQ(request.call_id(), 77u);
  EXPECT_EQ(request.text_size(), 2);
  EXPECT_FALSE(request.has_inputs());
  EXPECT_TRUE(inputs.present);
  EXPECT_EQ(decode_tensor(payload, inputs)->tensor.item<float>(), 3);
}

TEST(WireTensor, AbsentTensorIsAbsent) {
  v1::ForwardRequest request;
  WireTensor inputs(kInputs);
  const Payload payload;
  ASSERT_TRUE(parse_with_tensors(payload, 0, request, {&inputs}).ok());
  EXPECT_FALSE(inputs.present);
  EXPECT_FALSE(decode_tensor(payload, inputs).ok());
}

TEST(WireTensor, CountsFieldsBeforeTheyAreParsed) {
  v1::ForwardRequest sent;
  for (int i = 0; i < 10; ++i) sent.add_text("");
  const Payload payload(sent.SerializeAsString());
  v1::ForwardRequest request;
  EXPECT_TRUE(parse_with_tensors(payload, 10, request, {}).ok());
  EXPECT_EQ(parse_with_tensors(payload, 9, request, {}).code(), absl::StatusCode::kInvalidArgument);
}

// As protobuf merges them: the last of each field counts, and shapes are joined.
TEST(WireTensor, RepeatedTensorIsMerged) {
  v1::ForwardRequest first;
  *first.mutable_inputs() = small_tensor(1);
  v1::ForwardRequest second;
  second.mutable_inputs()->add_shape(2);
  second.mutable_inputs()->set_data(std::string(8, '\0'));
  const auto decoded =
      decode_inputs(Payload(first.SerializeAsString() + second.SerializeAsString()));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(torch::equal(decoded->tensor, torch::zeros({1, 2})));
}

TEST(WireTensor, ShapeMayComeUnpackedAndAfterTheData) {
  const std::string tensor =
      "\x1a\x04" + std::string(4, '\0') + std::string("\x10\x01\x10\x01\x08\x01");
  const auto decoded =
      decode_inputs(Payload(std::string("\x22") + static_cast<char>(tensor.size()) + tensor));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(torch::equal(decoded->tensor, torch::zeros({1, 1})));
}

TEST(WireTensor, UnknownFieldsAreSkipped) {
  const std::string unknown = "\x7a\x03xyz";  // field 15
  v1::ForwardRequest sent;
  *sent.mutable_inputs() = small_tensor(5);
  std::string tensor = sent.inputs().SerializeAsString() + unknown;
  const auto decoded = decode_inputs(
      Payload(unknown + "\x22" + static_cast<char>(tensor.size()) + tensor + unknown));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->tensor.item<float>(), 5);
}

TEST(WireTensor, ThatClaimsMoreThanCameIsRefused) {
  for (const std::string& bytes : {
           std::string("\x22\x7f\x08\x01"),                  // a tensor of 127 bytes
           std::string("\x22\x04\x1a\x7f\x08\x01"),          // data of 127 bytes
           std::string("\x22\x04\x12\x7f\x01\x01"),          // a shape of 127 bytes
           std::string("\x22\x02\x1a\x02\x08\x01"),          // data beyond its tensor
           std::string("\x22\x06\x1a\xff\xff\xff\xff\x0f"),  // data of 4 GB
           std::string("\x22\x02\x0b\x0b"),                  // groups that do not end
           std::string("\x22\x02\x0c\x08"),                  // or do not begin
           std::string("\x22\x01\x00", 3),                   // field 0
       }) {
    EXPECT_EQ(decode_inputs(Payload(bytes)).status().code(), absl::StatusCode::kInvalidArgument)
        << bytes.size();
  }
}

// A tag of nine bytes: protobuf's parsers refuse it, its CodedInputStream drops what is too much.
TEST(WireTensor, TagThatProtobufRefusesIsRefused) {
  const std::string field = "\x90\x8f\x8f\x8f\x8f\x8f\x8f\x8b\x70\x01";
  for (const std::string& bytes : {field, "\x22" + std::string(1, '\x0a') + field}) {
    ASSERT_FALSE(v1::ForwardRequest().ParseFromString(bytes));
    v1::ForwardRequest request;
    WireTensor inputs(kInputs);
    EXPECT_FALSE(parse_with_tensors(Payload(bytes), 10, request, {&inputs}).ok()) << bytes.size();
  }
}

TEST(WireTensor, GroupsWithinGroupsAreRefused) {
  const std::string deep = std::string(20, '\x7b') + std::string(20, '\x7c');  // field 15
  EXPECT_FALSE(decode_inputs(Payload(deep)).ok());
  EXPECT_FALSE(decode_inputs(Payload("\x22" + std::string(1, '\x28') + deep)).ok());
}

TEST(WireTensor, MillionDimensionsTakeNoMemory) {
  WireTensor wire(0);
  v1::Tensor message;
  message.set_dtype(v1::DTYPE_UINT8);
  for (int i = 0; i < 1'000'000; ++i) message.add_shape(1);
  message.set_data("x");
  const Payload payload(message.SerializeAsString());
  ASSERT_TRUE(parse_tensor(payload, wire).ok());
  EXPECT_EQ(wire.dimensions, 1'000'000);
  EXPECT_EQ(decode_tensor(payload, wire).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(WireTensor, OneBadElementIsFoundWhereverItIsAndHoweverItIsCut) {
  for (const std::size_t step : {1000, 16 * 1024, 40'000, 1 << 20}) {
    for (const std::int64_t where : {0, 4095, 4096, 10'000, 19'999}) {
      at::Tensor x = torch::rand({20'000});
      EXPECT_TRUE(decode_inputs(in_slices(x, step))->finite);
      x[where] = NAN;
      const auto decoded = decode_inputs(in_slices(x, step));
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      EXPECT_FALSE(decoded->finite) << where << " in pieces of " << step;
    }
  }
}

TEST(WireTensor, CompressedTensorIsLookedAtToo) {
  v1::ForwardRequest sent;
  v1::Tensor& message = *sent.mutable_inputs();
  message.set_dtype(v1::DTYPE_FLOAT32);
  message.add_shape(2);
  message.set_compression(v1::COMPRESSION_BFLOAT16);
  message.set_data(std::string("\x00\x00\xc0\x7f", 4));  // 0 and NaN
  const auto decoded = decode_inputs(Payload(sent.SerializeAsString()));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_FALSE(decoded->finite);
}

}  // namespace
}  // namespace bittensor
