// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/extrinsic.h"

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/base/hex.h"
#include "bittensor/chain/subtensor/storage_key.h"
#include "bittensor/chain/testing/runtime_218.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

// Substrate's development account //Alice with ed25519.
Wallet alice() {
  return Wallet::from_seed(
             *hex_to_bytes("abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115"))
      .value();
}

CallArguments three_weights() {
  return {{"netuid", ScaleValue::of_number(1)},
          {"dests", ScaleValue::of_numbers(std::vector<int>{0, 1, 2})},
          {"weights", ScaleValue::of_numbers(std::vector<int>{0, 20000, 40000})},
          {"version_key", ScaleValue::of_number(0)}};
}

absl::StatusOr<std::string> signed_weights(const Metadata& metadata) {
  const auto call = encode_call(metadata, "SubtensorModule", "set_weights", three_weights());
  if (!call.ok()) return call.status();
  SigningContext context;
  context.spec_version = 219;
  context.transaction_version = 1;
  context.genesis_hash =
      *hex_to_bytes("2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03");
  context.era_block_hash = context.genesis_hash;
  context.nonce = 5;
  const Wallet wallet = alice();
  return sign_extrinsic(metadata, *call, context, ed25519_signer(wallet));
}

// Made by an independent library.
TEST(Extrinsic, IsByteForByteWhatOthersMake) {
  const auto metadata = testing::runtime_218();
  const auto extrinsic = signed_weights(*metadata);
  ASSERT_TRUE(extrinsic.ok()) << extrinsic.status();
  EXPECT_EQ(
      absl::BytesToHexString(*extrinsic),
      "0502840088dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee003e3d37a04988e309df"
      "be5d47cc0a5c40ffa79218d8fe5c95fc40ec1dafe19f430e7f542cf4b1def4ff4990be3472dbca61fcb296f172f4"
      "200423f1cf9bb50c0300140000070001000c0000010002000c0000204e409c0000000000000000");
  EXPECT_EQ(absl::BytesToHexString(extrinsic_hash(*extrinsic)),
            "308a04db9afde9cfdd52b77f85f41238594678adef008d9dc0d6faa87129daa9");
  // Metadata of version 15 says the same of it.
  const auto later = Metadata::read(testing::chain_test_data("metadata_218_v15.scale")).value();
  EXPECT_EQ(signed_weights(*later).value(), *extrinsic);
}

// The names of extensions come and go with runtimes, and so do what they want.
TEST(Extrinsic, AnExtensionThatIsNotKnownIsLeftOutIfItMayBe) {
  const std::string bytes = testing::chain_test_data("metadata_218_v15.scale");
  const std::string known = signed_weights(*Metadata::read(bytes).value()).value();
  const auto renamed = [&](absl::string_view from, absl::string_view to) {
    std::string other = bytes;
    const std::size_t at = other.rfind(from.data(), std::string::npos, from.size());
    EXPECT_NE(at, std::string::npos) << from;
    return Metadata::read(other.replace(at, from.size(), to.data(), to.size())).value();
  };
  // It takes no bytes.
  EXPECT_EQ(
      signed_weights(*renamed("SubtensorSignedExtension", "SubtensorTransactExtends")).value(),
      known);
  const auto wanted = signed_weights(*renamed("CheckNonce", "CheckTurns"));
  EXPECT_EQ(wanted.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(wanted.status().message(), HasSubstr("the extension CheckTurns"));
}

TEST(Extrinsic, ArgumentsThatTheRuntimeDoesNotShareAreNamed) {
  const auto metadata = testing::runtime_218();
  CallArguments arguments = three_weights();
  arguments.pop_back();
  EXPECT_THAT(
      encode_call(*metadata, "SubtensorModule", "set_weights", arguments).status().message(),
      HasSubstr("wants \"version_key\" too"));
  arguments = three_weights();
  arguments.push_back({"mecid", ScaleValue::of_number(0)});
  EXPECT_THAT(
      encode_call(*metadata, "SubtensorModule", "set_weights", arguments).status().message(),
      HasSubstr("does not know \"mecid\""));
  arguments = three_weights();
  arguments[0].second = ScaleValue::of_number(65536);
  EXPECT_EQ(encode_call(*metadata, "SubtensorModule", "set_weights", arguments).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Extrinsic, AnAccountIsAnAddress) {
  const auto call = encode_call(*testing::runtime_218(), "Balances", "transfer_keep_alive",
                                {{"dest", ScaleValue::of_bytes(std::string(32, '\x07'))},
                                 {"value", ScaleValue::of_number(1000000000)}});
  ASSERT_TRUE(call.ok()) << call.status();
  EXPECT_EQ(absl::BytesToHexString(*call).substr(4),
            "00" + absl::BytesToHexString(std::string(32, '\x07')) + "02286bee");
}

// The examples of Substrate's source.
TEST(Extrinsic, ErasAreAsSubstrateWritesThem) {
  EXPECT_EQ(absl::BytesToHexString(Era::mortal(42, 64).encoded), "a502");
  EXPECT_EQ(Era::mortal(42, 64).birth, 42u);
  EXPECT_EQ(absl::BytesToHexString(Era::mortal(20000, 32768).encoded), "4e9c");
  EXPECT_EQ(Era::mortal(20000, 32768).birth, 20000u);
  EXPECT_EQ(Era::mortal(20001, 32768).birth, 20000u);
  EXPECT_EQ(absl::BytesToHexString(Era::immortal().encoded), "00");
}

TEST(StorageKey, IsWhereOthersLook) {
  const auto metadata = testing::runtime_218();
  const Wallet wallet = alice();
  const ScaleValue key = ScaleValue::of_bytes(wallet.key().bytes());
  const auto account = storage_key(*metadata, "System", "Account", {key});
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(absl::BytesToHexString(*account),
            "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9280b197190fc1a763257f"
            "65171ea366e88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee");
  const auto uid =
      storage_key(*metadata, "SubtensorModule", "Uids", {ScaleValue::of_number(1), key});
  EXPECT_EQ(absl::BytesToHexString(uid.value()),
            "658faa385070e074c85bf6b568cf0555aab1b4e78e1ea8305462ee53b3686dc80100280b197190fc1a763"
            "257f65171ea366e88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee");
  EXPECT_EQ(absl::BytesToHexString(storage_key(*metadata, "SubtensorModule", "WeightCommits",
                                               {ScaleValue::of_number(1)})
                                       .value()),
            "658faa385070e074c85bf6b568cf05559f14c8e879f1adfb03db481d61f6798cf1577fbf1d628fdd0100");
}

TEST(StorageKey, KeepsItsLastKey) {
  const auto metadata = testing::runtime_218();
  const ScaleValue netuid = ScaleValue::of_number(1);
  const ScaleValue hotkey = ScaleValue::of_bytes(std::string(32, 'h'));
  const StorageEntry* const axons = metadata->storage("SubtensorModule", "Axons").value();
  const std::string prefix = storage_key(*metadata, "SubtensorModule", "Axons", {netuid}).value();
  const std::string place =
      storage_key(*metadata, "SubtensorModule", "Axons", {netuid, hotkey}).value();
  EXPECT_TRUE(last_key_of(*metadata, *axons, prefix, place).value() == hotkey);
  EXPECT_FALSE(last_key_of(*metadata, *axons, prefix, place.substr(1)).ok());
  EXPECT_FALSE(last_key_of(*metadata, *axons, prefix, prefix).ok());
}

}  // namespace
}  // namespace bittensor
