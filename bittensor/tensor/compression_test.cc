// SPDX-License-Identifier: MIT
#include "bittensor/tensor/compression.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/tensor/codec.h"
#include "bittensor/tensor/testing/decoded.h"
#include "bittensor/v1/axon.pb.h"

namespace bittensor {
namespace {

constexpr Compression kLossy[] = {Compression::kFloat16, Compression::kBfloat16,
                                  Compression::kInt8};

v1::Tensor sent(const at::Tensor& tensor, Compression compression) {
  Payload payload;
  EXPECT_TRUE(
      append_tensor_field(v1::ForwardResponse::kOutputFieldNumber, tensor, payload, compression)
          .ok());
  v1::ForwardResponse response;
  EXPECT_TRUE(parse_payload(payload, response).ok());
  return response.output();
}

at::Tensor there_and_back(const at::Tensor& tensor, Compression compression) {
  auto back = testing::decoded(sent(tensor, compression));
  EXPECT_TRUE(back.ok()) << back.status();
  return back.ok() ? *back : at::Tensor();
}

TEST(Compression, TakesTheBytesThatItPromises) {
  const at::Tensor x = torch::randn({64, 1024});
  EXPECT_EQ(sent(x, Compression::kNone).data().size(), 64u * 1024 * 4);
  EXPECT_EQ(sent(x, Compression::kFloat16).data().size(), 64u * 1024 * 2);
  EXPECT_EQ(sent(x, Compression::kBfloat16).data().size(), 64u * 1024 * 2);
  EXPECT_EQ(sent(x, Compression::kInt8).data().size(), 64u * (1024 + 8));
}

TEST(Compression, ErrsByNoMoreThanItPromises) {
  torch::manual_seed(1);
  const at::Tensor x = torch::randn({37, 1000});
  EXPECT_TRUE(torch::allclose(there_and_back(x, Compression::kFloat16), x, 1.0 / 2048, 1e-7));
  EXPECT_TRUE(torch::allclose(there_and_back(x, Compression::kBfloat16), x, 1.0 / 256, 0));
  const at::Tensor step = (x.amax(1, true) - x.amin(1, true)) / 255;
  const at::Tensor error = (there_and_back(x, Compression::kInt8) - x).abs();
  EXPECT_TRUE((error <= 0.5001 * step + 1e-6).all().item<bool>());
}

TEST(Compression, RowsDoNotShareTheirScale) {
  at::Tensor x = torch::rand({2, 100});
  x[1] *= 1e-6;
  const at::Tensor error = (there_and_back(x, Compression::kInt8) - x).abs();
  EXPECT_LT(error[1].max().item<float>(), 1e-8);
}

TEST(Compression, AnyShapeComesBackInItsShape) {
  const at::Tensor shapes[] = {
      torch::rand({3, 1, 28, 28}), torch::rand({2, 5, 64}),  torch::rand({1}),
      torch::tensor(2.5F),         torch::rand({7, 3}),      torch::empty({0, 5}),
      torch::full({4, 100}, 3.0F), torch::rand({100, 8}).t()};
  for (const at::Tensor& x : shapes) {
    for (const Compression compression : kLossy) {
      const at::Tensor back = there_and_back(x, compression);
      ASSERT_EQ(back.sizes(), x.sizes());
      EXPECT_EQ(back.scalar_type(), at::kFloat);
      EXPECT_TRUE(torch::allclose(back, x, 0.01, 0.003)) << to_string(compression);
    }
  }
}

TEST(Compression, PixelsOf256LevelsComeBackAsTheyWere) {
  const at::Tensor pixels = torch::arange(256).to(at::kFloat).reshape({1, 256}) / 256;
  EXPECT_TRUE(torch::allclose(there_and_back(pixels, Compression::kInt8), pixels, 0, 1e-7));
}

TEST(Compression, WhatCannotBeExpressedTravelsAsItIs) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  EXPECT_EQ(sent(torch::full({1, 100}, 1e5F), Compression::kFloat16).compression(),
            v1::COMPRESSION_NONE);
  EXPECT_EQ(
      sent(torch::tensor({-kLargest, kLargest}).repeat({1, 50}), Compression::kInt8).compression(),
      v1::COMPRESSION_NONE);
  EXPECT_EQ(sent(torch::rand({100, 1}), Compression::kInt8).compression(), v1::COMPRESSION_NONE);
  EXPECT_EQ(sent(torch::rand({4, 100}, at::kDouble), Compression::kInt8).compression(),
            v1::COMPRESSION_NONE);
  for (const Compression compression : kLossy) {
    EXPECT_EQ(sent(torch::full({1, 100}, NAN), compression).compression(), v1::COMPRESSION_NONE);
  }
}

TEST(Compression, LargeAndTinyValuesStayFinite) {
  for (const float size : {8e37F, 1e-38F, 1e-45F}) {
    const at::Tensor x = (torch::rand({3, 200}) - 0.5) * 2 * size;
    const at::Tensor back = there_and_back(x, Compression::kInt8);
    EXPECT_TRUE(torch::isfinite(back).all().item<bool>()) << size;
    EXPECT_LE((back / 255 - x / 255).abs().max().item<float>(), size / 255 / 200 + 2e-38F);
  }
}

TEST(Compression, HostileSizesAreRefused) {
  const auto decode = [](v1::Compression compression, std::vector<std::int64_t> shape,
                         std::size_t bytes, v1::DType dtype = v1::DTYPE_FLOAT32) {
    v1::Tensor message;
    message.set_dtype(dtype);
    message.set_compression(compression);
    for (const std::int64_t size : shape) message.add_shape(size);
    message.set_data(std::string(bytes, '\xff'));
    return testing::decoded(message).status().code();
  };
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  constexpr auto kRefused = absl::StatusCode::kInvalidArgument;
  constexpr auto kOk = absl::StatusCode::kOk;
  for (const std::size_t bytes : {0, 1, 15, 17}) {
    EXPECT_EQ(decode(v1::COMPRESSION_FLOAT16, {2, 4}, bytes), kRefused) << bytes;
    EXPECT_EQ(decode(v1::COMPRESSION_BFLOAT16, {2, 4}, bytes), kRefused) << bytes;
  }
  EXPECT_EQ(decode(v1::COMPRESSION_FLOAT16, {2, 4}, 16), kOk);
  EXPECT_EQ(decode(v1::COMPRESSION_FLOAT16, {kHuge}, 16), kRefused);
  // 8 elements: rows of 8, 4 and 2; 3 rows do not divide them; no row at all.
  for (const std::size_t bytes : {16, 24, 40})
    EXPECT_EQ(decode(v1::COMPRESSION_INT8, {2, 4}, bytes), kOk);
  for (const std::size_t bytes : {0, 7, 8, 9, 17, 32}) {
    EXPECT_EQ(decode(v1::COMPRESSION_INT8, {2, 4}, bytes), kRefused) << bytes;
  }
  EXPECT_EQ(decode(v1::COMPRESSION_INT8, {kHuge}, 16), kRefused);
  EXPECT_EQ(decode(v1::COMPRESSION_INT8, {0, 4}, 0), kOk);
  EXPECT_EQ(decode(v1::COMPRESSION_INT8, {0, 4}, 8), kRefused);
  EXPECT_EQ(decode(static_cast<v1::Compression>(99), {2, 4}, 16), kRefused);
  EXPECT_EQ(decode(v1::COMPRESSION_FLOAT16, {2, 4}, 16, v1::DTYPE_FLOAT16), kRefused);
}

TEST(Compression, NamesAreReadBack) {
  for (const Compression compression : kLossy) {
    EXPECT_EQ(*parse_compression(to_string(compression)), compression);
    EXPECT_EQ(from_proto(to_proto(compression)), compression);
  }
  EXPECT_FALSE(parse_compression("zip").ok());
  EXPECT_EQ(from_proto(static_cast<v1::Compression>(99)), Compression::kNone);
}

}  // namespace
}  // namespace bittensor
