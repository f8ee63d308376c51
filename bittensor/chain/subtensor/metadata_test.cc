// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/metadata.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/chain/testing/runtime_218.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

TEST(Metadata, FindsCallsStorageAndErrorsByName) {
  const auto metadata = testing::runtime_218();
  EXPECT_EQ(metadata->version(), 14);
  EXPECT_EQ(metadata->extrinsic_version(), 4);
  EXPECT_EQ(metadata->pallet("SubtensorModule").value()->index, 7);
  const auto call = metadata->call("SubtensorModule", "serve_axon");
  ASSERT_TRUE(call.ok()) << call.status();
  EXPECT_EQ((*call)->index, 4);
  EXPECT_EQ((*call)->fields.size(), 8u);
  EXPECT_EQ((*call)->fields[2].name, "ip");
  const auto uids = metadata->storage("SubtensorModule", "Uids");
  ASSERT_TRUE(uids.ok());
  EXPECT_THAT((*uids)->hashers,
              ::testing::ElementsAre(StorageHasher::kIdentity, StorageHasher::kBlake2_128Concat));
  EXPECT_THAT(metadata->error_name(7, 0), HasSubstr("SubtensorModule."));
}

TEST(Metadata, WhatIsNotThereIsNamed) {
  const auto metadata = testing::runtime_218();
  EXPECT_EQ(metadata->call("SubtensorModule", "fly").status().message(),
            "this runtime has no call SubtensorModule.fly");
  EXPECT_EQ(metadata->storage("Moon", "Uids").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(metadata->error_name(99, 3), HasSubstr("error 3 of pallet 99"));
}

TEST(Metadata, NamesTheExtensionsInTheirOrder) {
  std::vector<std::string> names;
  for (const auto& extension : testing::runtime_218()->extensions())
    names.push_back(extension.name);
  EXPECT_THAT(names,
              ::testing::ElementsAre("CheckNonZeroSender", "CheckSpecVersion", "CheckTxVersion",
                                     "CheckGenesis", "CheckMortality", "CheckNonce", "CheckWeight",
                                     "ChargeTransactionPayment", "SubtensorSignedExtension",
                                     "CommitmentsSignedExtension", "CheckMetadataHash"));
}

TEST(Metadata, Version15HasTheSameAndTheRuntimesFunctions) {
  const auto metadata = Metadata::read(testing::chain_test_data("metadata_218_v15.scale"));
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ((*metadata)->version(), 15);
  EXPECT_EQ((*metadata)->extrinsic_version(), 4);
  EXPECT_EQ((*metadata)->extensions().size(), testing::runtime_218()->extensions().size());
  EXPECT_NE((*metadata)->method("NeuronInfoRuntimeApi_get_neurons_lite"), nullptr);
  EXPECT_EQ((*metadata)->method("NeuronInfoRuntimeApi_get_metagraph"), nullptr);
}

TEST(Metadata, RefusesWhatIsNoMetadata) {
  EXPECT_EQ(Metadata::read("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Metadata::read("meta\x0d").status().code(), absl::StatusCode::kUnimplemented);
  const std::string whole = testing::chain_test_data("metadata_218_v14.scale");
  for (const std::size_t size : {5u, 100u, 5000u, 100000u, 176000u}) {
    EXPECT_FALSE(Metadata::read(absl::string_view(whole).substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace bittensor
