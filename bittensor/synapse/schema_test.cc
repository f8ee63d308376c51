// SPDX-License-Identifier: MIT
#include "bittensor/synapse/schema.h"

#include <limits>

#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

using absl::StatusCode;

const Schema kImages = {Modality::kImage, at::kFloat, {1, -1, -1}, 1024};
const Schema kTexts = {Modality::kText, at::kFloat, {}, 768};
const Schema kTokens = {Modality::kTensor, at::kLong, {16}, 512};

TEST(Schema, ReadsLikeASignature) {
  EXPECT_EQ(to_string(kImages), "image float32 [batch, 1, -1, -1] -> [batch, 1024]");
  EXPECT_EQ(to_string(kTexts), "text -> [batch, sequence, 768]");
  EXPECT_EQ(to_string(kTokens), "tensor int64 [batch, 16] -> [batch, 512]");
}

TEST(Schema, TakesWhatFits) {
  EXPECT_TRUE(kImages.check(Inputs::of_image(torch::rand({2, 1, 28, 28}))).ok());
  EXPECT_TRUE(kImages.check(Inputs::of_image(torch::rand({1, 1, 5, 9}))).ok());
  EXPECT_TRUE(kTexts.check(Inputs::of_text({"", "b"})).ok());
  EXPECT_TRUE(kTokens.check(Inputs::of_tensor(torch::zeros({3, 16}, torch::kLong))).ok());
}

TEST(Schema, RefusesWhatDoesNotFit) {
  for (const Inputs& inputs : {
           Inputs::of_image({}),
           Inputs::of_image(torch::tensor(1.0F)),
           Inputs::of_image(torch::rand({2, 784})),
           Inputs::of_image(torch::rand({2, 3, 28, 28})),
           Inputs::of_image(torch::rand({0, 1, 28, 28})),
           Inputs::of_image(torch::rand({2, 1, 28, 28}, torch::kDouble)),
           Inputs::of_image(torch::zeros({2, 1, 28, 28}, torch::kByte)),
       }) {
    EXPECT_EQ(kImages.check(inputs).code(), StatusCode::kInvalidArgument) << inputs.tensor;
  }
  EXPECT_EQ(kTexts.check(Inputs::of_text({})).code(), StatusCode::kInvalidArgument);
}

TEST(Schema, SaysWhatWasExpectedAndWhatCame) {
  EXPECT_EQ(
      kImages.check(Inputs::of_image(torch::rand({2, 784}))).message(),
      "synapse takes image float32 [batch, 1, -1, -1] -> [batch, 1024], not float32 [2, 784]");
}

TEST(Schema, AnotherModalityIsUnimplemented) {
  EXPECT_EQ(kImages.check(Inputs::of_tensor(torch::rand({2, 1, 28, 28}))).code(),
            StatusCode::kUnimplemented);
  EXPECT_EQ(kImages.check(Inputs::of_text({"a"})).code(), StatusCode::kUnimplemented);
  EXPECT_EQ(kTexts.check(Inputs::of_image({})).code(), StatusCode::kUnimplemented);
}

TEST(Schema, OnlyCheckLooksAtTheValues) {
  at::Tensor images = torch::rand({2, 1, 28, 28});
  images[1][0][27][27] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(kImages.check_shape(Inputs::of_image(images)).ok());
  EXPECT_EQ(kImages.check(Inputs::of_image(images)).code(), StatusCode::kInvalidArgument);
}

TEST(Schema, ComesBackFromTheWire) {
  for (const Schema& schema : {kImages, kTexts, kTokens}) {
    const auto back = from_proto(to_proto(schema));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(to_string(*back), to_string(schema));
  }
}

TEST(Schema, StrangersSchemaThatIsNoneIsRefused) {
  const auto refused = [](void (*spoil)(v1::Schema&)) {
    v1::Schema message = to_proto(kImages);
    spoil(message);
    return from_proto(message).status().code() == StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](v1::Schema& m) { m.clear_modality(); }));
  EXPECT_TRUE(refused([](v1::Schema& m) { m.set_modality(static_cast<v1::Modality>(9)); }));
  EXPECT_TRUE(refused([](v1::Schema& m) { m.clear_dtype(); }));
  EXPECT_TRUE(refused([](v1::Schema& m) { m.set_dtype(static_cast<v1::DType>(99)); }));
  EXPECT_TRUE(refused([](v1::Schema& m) { m.set_network_dim(0); }));
  EXPECT_TRUE(refused([](v1::Schema& m) { m.set_network_dim(65537); }));
  EXPECT_TRUE(refused([](v1::Schema& m) { m.set_shape(0, 0); }));
  EXPECT_TRUE(refused([](v1::Schema& m) { m.set_shape(0, -2); }));
  EXPECT_TRUE(refused([](v1::Schema& m) { m.add_shape(1); }));
  EXPECT_TRUE(refused([](v1::Schema& m) {
    m.set_modality(v1::MODALITY_TENSOR);
    for (int i = 0; i < 5; ++i) m.add_shape(1);
  }));
}

}  // namespace
}  // namespace bittensor
