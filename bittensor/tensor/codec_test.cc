// SPDX-License-Identifier: MIT
#include "bittensor/tensor/codec.h"

#include <limits>
#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "torch/types.h"

#include "bittensor/tensor/testing/decoded.h"
#include "bittensor/v1/axon.pb.h"

namespace bittensor {
namespace {

// A ForwardResponse on the wire that holds `tensor`, its bytes cut into slices of `step`.
Payload response_in_slices(const at::Tensor& tensor, std::size_t step) {
  Payload whole;
  EXPECT_TRUE(append_tensor_field(v1::ForwardResponse::kOutputFieldNumber, tensor, whole).ok());
  const std::string bytes = whole.flatten();
  Payload cut;
  for (std::size_t i = 0; i < bytes.size(); i += step) cut.append(bytes.substr(i, step));
  return cut;
}

absl::StatusOr<at::Tensor> decode(const Payload& payload) {
  v1::ForwardResponse response;
  WireTensor output(v1::ForwardResponse::kOutputFieldNumber);
  BITTENSOR_RETURN_IF_ERROR(parse_with_tensors(payload, /*max_fields=*/1, response, {&output}));
  BITTENSOR_ASSIGN_OR_RETURN(DecodedTensor decoded, decode_tensor(payload, output));
  return decoded.tensor;
}

TEST(Codec, EveryDtypeComesBackEqual) {
  for (const auto dtype : {torch::kFloat32, torch::kFloat16, torch::kBFloat16, torch::kFloat64,
                           torch::kInt64, torch::kInt32, torch::kUInt8}) {
    const at::Tensor tensor = (torch::rand({3, 5, 7}) * 100).to(dtype);
    const auto back = decode(response_in_slices(tensor, 1 << 20));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->scalar_type(), dtype);
    EXPECT_TRUE(torch::equal(*back, tensor));
  }
}

TEST(Codec, AnyCutOfTheBytesIsRead) {
  const at::Tensor tensor = torch::rand({4, 33});
  for (const std::size_t step : {1, 2, 7, 64, 1000}) {
    const auto back = decode(response_in_slices(tensor, step));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_TRUE(torch::equal(*back, tensor));
  }
}

TEST(Codec, EmptyScalarAndTransposedTensorsComeBackEqual) {
  for (const at::Tensor& tensor :
       {torch::empty({0, 784}), torch::tensor(3.5), torch::rand({6, 4}).t()}) {
    const auto back = decode(response_in_slices(tensor, 100));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_TRUE(torch::equal(*back, tensor));
  }
}

TEST(Codec, ContiguousTensorIsNotCopied) {
  const at::Tensor tensor = torch::rand({64, 784});
  Payload payload;
  ASSERT_TRUE(append_tensor_field(1, tensor, payload).ok());
  EXPECT_EQ(payload.slices().back().bytes.data(), static_cast<const char*>(tensor.data_ptr()));
}

TEST(Codec, PayloadOutlivesTheTensor) {
  Payload payload;
  ASSERT_TRUE(append_tensor_field(1, torch::ones({1000}), payload).ok());
  const auto back = decode(payload);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->sum().item<float>(), 1000);
}

TEST(Codec, ProtobufReadsWhatWeWrite) {
  v1::ForwardResponse response;
  ASSERT_TRUE(response.ParseFromString(response_in_slices(torch::ones({2, 3}), 10).flatten()));
  EXPECT_EQ(response.output().dtype(), v1::DTYPE_FLOAT32);
  EXPECT_EQ(response.output().shape_size(), 2);
  EXPECT_EQ(response.output().data().size(), 24u);
}

struct BadTensor {
  v1::DType dtype;
  std::vector<std::int64_t> shape;
  std::size_t bytes;
  const char* why;
};

// docs/protocol.md shows these bytes.
TEST(Codec, TheBytesAreThoseOfTheProtocolsPage) {
  const auto hex = [](const at::Tensor& tensor, Compression compression) {
    Payload payload;
    EXPECT_TRUE(append_tensor_field(/*field_number=*/1, tensor, payload, compression).ok());
    return absl::BytesToHexString(payload.flatten().substr(2));  // after the field's tag and length
  };
  EXPECT_EQ(hex(torch::tensor({1.F, 2.F, 3.F, 4.F}).view({2, 2}), Compression::kNone),
            "0801120202021a100000803f000000400000404000008040");
  EXPECT_EQ(hex(torch::tensor({{0.F, 1.F, 2.F, 255.F}}), Compression::kInt8),
            "08011202010420031a0c0000803f00000000000102ff");
}

TEST(Codec, RefusesWhatDoesNotFit) {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  const BadTensor cases[] = {
      {v1::DTYPE_UNSPECIFIED, {1}, 4, "unknown tensor dtype"},
      {static_cast<v1::DType>(99), {1}, 4, "unknown tensor dtype"},
      {v1::DTYPE_FLOAT32, {2, 2}, 15, "comes with 15 bytes"},
      {v1::DTYPE_FLOAT32, {2, 2}, 20, "comes with 20 bytes"},
      {v1::DTYPE_FLOAT32, {-1, -4}, 16, "negative"},
      {v1::DTYPE_FLOAT32, {kHuge, 4}, 16, "overflows"},
      {v1::DTYPE_FLOAT32, {0, kHuge, kHuge}, 0, "overflows"},
      {v1::DTYPE_FLOAT64, {kHuge}, 8, "comes with 8 bytes"},
      {v1::DTYPE_UINT8, {1, 1, 1, 1, 1, 1, 1, 1, 1}, 1, "9 dimensions"},
  };
  for (const BadTensor& bad : cases) {
    v1::Tensor message;
    message.set_dtype(bad.dtype);
    for (const std::int64_t size : bad.shape) message.add_shape(size);
    message.set_data(std::string(bad.bytes, 'x'));
    const auto tensor = testing::decoded(message);
    ASSERT_EQ(tensor.status().code(), absl::StatusCode::kInvalidArgument) << bad.why;
    EXPECT_NE(tensor.status().message().find(bad.why), absl::string_view::npos) << tensor.status();
  }
}

TEST(Codec, RefusesGarbageAndHalfAMessage) {
  EXPECT_FALSE(decode(Payload("\xff\xff\xff garbage")).ok());
  const std::string bytes = response_in_slices(torch::rand({10}), 1000).flatten();
  for (std::size_t length = 1; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode(Payload(bytes.substr(0, length))).ok()) << length;
  }
}

TEST(Codec, DtypeThatDoesNotTravelIsRefused) {
  Payload payload;
  EXPECT_EQ(append_tensor_field(1, torch::zeros({1}, torch::kComplexFloat), payload).code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace bittensor
