// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/subtensor_chain.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/chain/registration.h"
#include "bittensor/chain/testing/fake_chain.h"
#include "bittensor/chain/testing/metagraph.h"
#include "bittensor/chain/testing/neurons_lite.h"
#include "bittensor/chain/testing/runtime_218.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

ScaleValue number(absl::uint128 value) {
  return ScaleValue::of_number(value);
}

AccountId key_of(std::uint16_t uid) {
  AccountId key{};
  key[0] = static_cast<std::uint8_t>(uid + 1);
  return key;
}

ScaleValue bytes(const AccountId& account) {
  return ScaleValue::of_bytes(bytes_of(account));
}

// A subnet 1 with some neurons.
class SubtensorChainTest : public ::testing::Test {
 protected:
  SubtensorChainTest() {
    auto client = std::make_unique<testing::FakeChain>();
    node_ = client.get();
    chain_ = std::make_unique<SubtensorChain>(SubtensorChain::Options(), std::move(client),
                                              node_->genesis_hash());
    node_->script = [this](const std::string& method,
                           const Json&) -> std::optional<absl::StatusOr<Json>> {
      ++questions_;
      if (method == "state_queryStorageAt") ++queries_;
      return std::nullopt;
    };
    node_->set("NetworksAdded", {number(1)}, number(1));
    for (std::uint16_t uid = 0; uid < 3; ++uid) register_neuron(uid);
    node_->set("Incentive", {number(1)}, ScaleValue::of_numbers(std::vector<int>{0, 100, 65535}));
    node_->set("ValidatorPermit", {number(1)}, ScaleValue::of_numbers(std::vector<int>{1, 0, 0}));
    node_->make_block();
  }

  void register_neuron(std::uint16_t uid) {
    node_->set("SubnetworkN", {number(1)}, number(uid + 1u));
    node_->set("Keys", {number(1), number(uid)}, bytes(key_of(uid)));
    node_->set("Uids", {number(1), bytes(key_of(uid))}, number(uid));
    node_->set("Owner", {bytes(key_of(uid))}, bytes(key_of(100)));
    node_->set("BlockAtRegistration", {number(1), number(uid)}, number(40u + uid));
    node_->add_event(
        ScaleValue::of_variant("NeuronRegistered", {number(1), number(uid), bytes(key_of(uid))}));
  }

  void serve(std::uint16_t uid, std::uint16_t port) {
    ScaleValue axon = ScaleValue::of_list({number(5), number(2), number(0x7f000002), number(port),
                                           number(4), number(0), number(0), number(0)});
    node_->set("Axons", {number(1), bytes(key_of(uid))}, axon);
    node_->add_event(ScaleValue::of_variant("AxonServed", {number(1), bytes(key_of(uid))}));
  }

  void set_weights(std::uint16_t uid, std::vector<std::pair<int, int>> row) {
    std::vector<ScaleValue> items;
    for (const auto& [to, value] : row) {
      items.push_back(ScaleValue::of_list({number(to), number(value)}));
    }
    node_->set("Weights", {number(1), number(uid)}, ScaleValue::of_list(items));
    node_->add_event(ScaleValue::of_variant("WeightsSet", {number(1), number(uid)}));
  }

  std::shared_ptr<const NeuronSnapshot> neurons() {
    const auto snapshot = chain_->neurons(1, TimePoint::max());
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? *snapshot : nullptr;
  }

  testing::FakeChain* node_;
  std::unique_ptr<SubtensorChain> chain_;
  int questions_ = 0;
  int queries_ = 0;
};

TEST_F(SubtensorChainTest, NeuronsAreReadFromStorageWithoutARuntimesFunction) {
  const auto snapshot = neurons();
  ASSERT_EQ(snapshot->neurons.size(), 3u);
  EXPECT_EQ(snapshot->block, 1u);
  const ChainNeuron& last = snapshot->neurons[2];
  EXPECT_EQ(last.hotkey, key_of(2));
  EXPECT_EQ(last.coldkey, key_of(100));
  EXPECT_EQ(last.incentive, 65535);
  EXPECT_EQ(last.registered_at, 42u);
  EXPECT_FALSE(last.validator_permit);
  EXPECT_EQ(last.axon.address(), "");
  EXPECT_TRUE(snapshot->neurons[0].validator_permit);
  EXPECT_EQ(snapshot->find(key_of(1)), &snapshot->neurons[1]);
  EXPECT_EQ(snapshot->find(key_of(9)), nullptr);
}

// A runtime whose metadata of version 15 lists get_metagraph.
TEST_F(SubtensorChainTest, TheRuntimesMetagraphIsPreferredAndStorageHasTheRest) {
  const auto hex = [](const std::string& bytes) {
    return Json(absl::StrCat("0x", absl::BytesToHexString(bytes)));
  };
  ScaleWriter described;
  described.boolean(true);
  described.byte_string(testing::with_get_metagraph(
      testing::chain_test_data("metadata_218_v15.scale"), testing::kMetagraphMembers));
  std::string answer = testing::metagraph(1, 3, testing::kMetagraphMembers);
  int asked_lite = 0;
  node_->script = [&](const std::string& method,
                      const Json& params) -> std::optional<absl::StatusOr<Json>> {
    if (method != "state_call") return std::nullopt;
    if (params[0] == "Metadata_metadata_at_version") return hex(described.bytes());
    if (params[0] == "SubnetInfoRuntimeApi_get_metagraph") return hex(answer);
    ++asked_lite;
    return hex(testing::neurons_lite(1, 3));
  };
  set_weights(2, {{0, 5}});
  node_->set("ValidatorTrust", {number(1)}, ScaleValue::of_numbers(std::vector<int>{7, 8, 9}));
  node_->make_block();
  auto snapshot = neurons();
  ASSERT_EQ(snapshot->neurons.size(), 3u);
  EXPECT_EQ(asked_lite, 0);
  EXPECT_EQ(snapshot->neurons[2].axon.address(), "10.0.0.2:8091");
  EXPECT_EQ(snapshot->neurons[2].incentive, 2);  // of storage: 65535
  EXPECT_EQ(snapshot->neurons[2].validator_trust, 9);
  EXPECT_THAT(snapshot->neurons[2].weights, ElementsAre(Pair(0, 5)));

  // One that cannot be read, or is of another number of neurons: the next way.
  for (const std::string& other :
       {std::string("?"), testing::metagraph(1, 2, testing::kMetagraphMembers)}) {
    answer = other;
    for (int i = 0; i < 20; ++i) node_->make_block();  // too many to read what changed
    asked_lite = 0;
    snapshot = neurons();
    ASSERT_NE(snapshot, nullptr);
    EXPECT_EQ(asked_lite, 1);
    EXPECT_EQ(snapshot->neurons[2].registered_at, 42u);  // of storage
  }
}

TEST_F(SubtensorChainTest, TheNextBlocksBringWhatChanged) {
  const auto before = neurons();
  serve(1, 8091);
  set_weights(0, {{1, 65535}, {2, 7}});
  register_neuron(3);
  node_->make_block();
  node_->make_block();
  const auto after = neurons();
  EXPECT_EQ(after->block, 3u);
  ASSERT_EQ(after->neurons.size(), 4u);
  EXPECT_EQ(after->neurons[1].axon.address(), "127.0.0.2:8091");
  EXPECT_THAT(after->neurons[0].weights, ElementsAre(Pair(1, 65535), Pair(2, 7)));
  EXPECT_EQ(after->neurons[3].hotkey, key_of(3));
  EXPECT_EQ(before->neurons.size(), 3u);  // readers keep what they have
  EXPECT_EQ(after->neurons[3].registered_at, 43u);
}

TEST_F(SubtensorChainTest, ABlockInWhichNothingHappensCostsTwoQueries) {
  neurons();
  node_->make_block();
  queries_ = 0;
  neurons();
  EXPECT_LE(queries_, 2);
  questions_ = 0;
  neurons();  // the same block
  EXPECT_LE(questions_, 3);
}

TEST_F(SubtensorChainTest, AReplacedNeuronKeepsNothing) {
  serve(1, 8091);
  set_weights(1, {{0, 1}});
  node_->make_block();
  EXPECT_EQ(neurons()->neurons[1].axon.port, 8091);
  node_->set("Keys", {number(1), number(1)}, bytes(key_of(50)));
  node_->set("Weights", {number(1), number(1)}, ScaleValue::of_list({}));
  node_->add_event(
      ScaleValue::of_variant("NeuronRegistered", {number(1), number(1), bytes(key_of(50))}));
  node_->make_block();
  const auto after = neurons();
  EXPECT_EQ(after->neurons[1].hotkey, key_of(50));
  EXPECT_EQ(after->neurons[1].axon.address(), "");
  EXPECT_TRUE(after->neurons[1].weights.empty());
}

TEST_F(SubtensorChainTest, ASubnetThatIsNotThereIsNotFound) {
  EXPECT_EQ(chain_->neurons(9, TimePoint::max()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(chain_->hyperparameters(9, TimePoint::max()).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(SubtensorChainTest, RulesThatWereNeverSetAreTheRuntimesDefaults) {
  const auto subnet = chain_->hyperparameters(1, TimePoint::max());
  ASSERT_TRUE(subnet.ok()) << subnet.status();
  EXPECT_EQ(subnet->neurons, 3u);
  EXPECT_EQ(subnet->kappa, 32767u);
  EXPECT_EQ(subnet->bonds_moving_average, 990000u);
}

TEST_F(SubtensorChainTest, AHotkeyHasItsUid) {
  EXPECT_EQ(chain_->uid(1, key_of(2), TimePoint::max()).value(), 2);
  EXPECT_EQ(chain_->uid(1, key_of(7), TimePoint::max()).value(), std::nullopt);
}

TEST_F(SubtensorChainTest, SealsAreReadTheOtherWayOnceTheChainFoundTheWorkTooLittle) {
  EXPECT_TRUE(chain_->work_challenge(1, TimePoint::max())->big_endian);  // runtime 218
  const auto metadata = testing::runtime_218();
  int error = 0;
  while (!absl::StrContains(metadata->error_name(7, static_cast<std::uint8_t>(error)),
                            "InvalidDifficulty")) {
    ASSERT_LT(++error, 256);
  }
  node_->fail_with_error = error;
  const Wallet wallet = Wallet::create();
  const auto refused = chain_->submit(WorkRegistration{1, 1, 1, std::string(32, 's')},
                                      ed25519_signer(wallet), TimePoint::max());
  EXPECT_TRUE(needs_more_work(refused.status())) << refused.status();
  EXPECT_FALSE(chain_->work_challenge(1, TimePoint::max())->big_endian);
}

TEST_F(SubtensorChainTest, WrongValuesAreErrorsAndTheLastSnapshotStays) {
  const auto before = neurons();
  const auto good = node_->script;
  node_->make_block();
  for (const Json& lie : {Json("0xzz"), Json(7), Json::array(), Json::object(), Json("0x01"),
                          Json::array({Json::object({{"changes", Json::array({1, 2})}})})}) {
    node_->script = [&lie](const std::string& method,
                           const Json&) -> std::optional<absl::StatusOr<Json>> {
      if (method != "state_queryStorageAt") return std::nullopt;
      return lie;
    };
    const auto snapshot = chain_->neurons(1, TimePoint::max());
    EXPECT_EQ(snapshot.status().code(), absl::StatusCode::kUnavailable) << lie;
  }
  node_->script = good;
  EXPECT_EQ(neurons()->block, 2u);
}

TEST(SubtensorChainOpen, AnEndpointThatIsNoneIsNamed) {
  SubtensorChain::Options options;
  EXPECT_FALSE(SubtensorChain::open(options, TimePoint::max()).ok());
  options.endpoints = {"example.org"};
  EXPECT_THAT(SubtensorChain::open(options, TimePoint::max()).status().message(),
              HasSubstr("\"example.org\" is no endpoint"));
}

}  // namespace
}  // namespace bittensor
