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

// One type, one pallet, one function, with everything that version 16 brought. Extrinsics of
// version 4 have the extensions of these numbers.
std::string version_16(std::initializer_list<int> extensions = {1, 0}) {
  ScaleWriter w;
  const auto texts = [&](std::initializer_list<const char*> all) {
    for (const char* text : all) w.byte_string(text);
  };
  const auto deprecated = [&] {
    w.u8(2);
    texts({"use another"});
    w.boolean(true);
    texts({"1.0"});
  };
  const auto list = [&](std::initializer_list<int> numbers) {
    w.compact(numbers.size());
    for (const int number : numbers) w.compact(static_cast<unsigned>(number));
  };
  w.append("meta\x10");
  w.compact(1);  // types: u8
  for (const int byte : {0, 0, 0, 5, 3, 0}) w.u8(static_cast<std::uint8_t>(byte));
  w.compact(1);  // pallets
  texts({"Clock"});
  w.boolean(true);
  texts({"Clock"});
  w.compact(1);
  texts({"Now"});
  w.u8(1);       // with a default,
  w.u8(0);       // plain,
  w.compact(0);  // of type 0
  texts({"\x07"});
  w.compact(0);
  deprecated();
  w.boolean(true);  // calls, with a variant that is deprecated
  w.compact(0);
  w.compact(1);
  w.u8(9);
  deprecated();
  w.boolean(false);  // events
  w.compact(1);      // constants
  texts({"Ticks"});
  w.compact(0);
  texts({"\x02"});
  w.compact(0);
  w.u8(1);           // deprecated, without a note
  w.boolean(false);  // errors
  w.compact(1);      // types by name
  texts({"Balance"});
  w.compact(0);
  w.compact(0);
  w.compact(1);  // functions on storage
  w.append(std::string(32, 'i'));
  texts({"view"});
  w.compact(1);
  texts({"input"});
  w.compact(0);
  w.compact(0);
  w.compact(0);
  w.u8(0);
  w.u8(5);  // the pallet's number
  w.compact(0);
  w.u8(0);
  w.byte_string("\x05\x04");  // extrinsics
  for (int i = 0; i < 3; ++i) w.compact(0);
  w.compact(2);  // which extensions are whose
  w.u8(4);
  list(extensions);
  w.u8(5);
  list({0, 1, 2});
  w.compact(3);
  for (const char* name : {"CheckNonce", "CheckEra", "VerifySignature"}) {
    texts({name});
    w.compact(0);
    w.compact(0);
  }
  w.compact(1);  // functions
  texts({"Clock"});
  w.compact(1);
  texts({"now"});
  w.compact(0);
  w.compact(0);
  w.compact(0);
  deprecated();
  w.compact(0);
  w.compact(3);
  w.u8(0);
  return w.bytes();
}

TEST(Metadata, Version16IsReadAsFarAsItMatters) {
  const auto metadata = Metadata::read(version_16());
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ((*metadata)->pallet("Clock").value()->index, 5);
  EXPECT_EQ((*metadata)->storage("Clock", "Now").value()->default_value, "\x07");
  EXPECT_EQ((*metadata)->extrinsic_version(), 4);
  ASSERT_EQ((*metadata)->extensions().size(), 2u);  // those of version 4, in its order
  EXPECT_EQ((*metadata)->extensions()[0].name, "CheckEra");
  EXPECT_EQ((*metadata)->extensions()[1].name, "CheckNonce");
  EXPECT_NE((*metadata)->method("Clock_now"), nullptr);
  const std::string whole = version_16();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(Metadata::read(absl::string_view(whole).substr(0, size)).ok()) << size;
  }
}

// A name of megabytes is not copied as often as its number fits.
TEST(Metadata, AnExtensionIsUsedOnce) {
  EXPECT_TRUE(Metadata::read(version_16({2, 1, 0})).ok());
  EXPECT_FALSE(Metadata::read(version_16({1, 0, 1})).ok());
  EXPECT_FALSE(Metadata::read(version_16({3})).ok());
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
