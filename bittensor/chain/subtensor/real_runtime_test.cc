// SPDX-License-Identifier: MIT
//
// Against a real Subtensor runtime that makes a block for each extrinsic, whose sudo is //Alice.
// tests/chain_test.py starts one; BITTENSOR_CHAIN_ENDPOINT says where it is. The cases build on
// each other's blocks.
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/base/hex.h"
#include "bittensor/chain/registration.h"
#include "bittensor/chain/rpc/rpc_client.h"
#include "bittensor/chain/subtensor/storage_key.h"
#include "bittensor/chain/subtensor/subnet_reader.h"
#include "bittensor/chain/subtensor/subtensor_chain.h"
#include "bittensor/chain/weights.h"

namespace bittensor {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr std::uint16_t kNetuid = 1;
constexpr Rao kTao = 1'000'000'000;

TimePoint soon() {
  return std::chrono::steady_clock::now() + std::chrono::minutes(2);
}

class RealRuntime : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const char* const endpoint = std::getenv("BITTENSOR_CHAIN_ENDPOINT");
    ASSERT_NE(endpoint, nullptr) << "tests/chain_test.py sets it";
    SubtensorChain::Options options;
    options.endpoints = {endpoint};
    options.submit.resend_after = std::chrono::seconds(3);
    auto chain = SubtensorChain::open(options, soon());
    ASSERT_TRUE(chain.ok()) << chain.status();
    chain_ = chain->release();
    rpc_ = connect_rpc(parse_endpoint(endpoint).value(), {}, soon()).value().release();
    administer("sudo_set_target_registrations_per_interval",
               {ScaleValue::of_number(kNetuid), ScaleValue::of_number(1000)});
  }

  static Wallet alice() {
    return Wallet::from_seed(
               *hex_to_bytes("abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115"))
        .value();
  }

  // Registers a new hotkey at //Alice's cost.
  static Wallet registered() {
    Wallet hotkey = Wallet::create();
    const Wallet payer = alice();
    const auto receipt = chain_->submit(BurnedRegistration{kNetuid, account_of(hotkey.key())},
                                        ed25519_signer(payer), soon());
    EXPECT_TRUE(receipt.ok()) << receipt.status();
    return hotkey;
  }

  static void make_blocks(int count) {
    const auto made = rpc_->call("dev_newBlock", Json::array({Json{{"count", count}}}), soon());
    EXPECT_TRUE(made.ok()) << made.status();
  }

  // The node, once SetUpTestSuite() has connected.
  static const Node& asked() {
    static const auto& node = *new Node(*rpc_);
    return node;
  }
  static Runtimes& runtimes() {
    static auto& runtimes = *new Runtimes(asked());
    return runtimes;
  }

  // Hands in what sudo is to call of AdminUtils, as //Alice's turn number `nonce`.
  static absl::Status hand_in_sudo(const std::string& name, std::vector<ScaleValue> arguments,
                                   std::uint32_t nonce) {
    const Wallet wallet = alice();
    const Node& node = asked();
    const Node::Head head = node.head(soon()).value();
    const auto runtime = runtimes().at(head.hash, soon()).value();
    const ScaleValue call =
        ScaleValue::of_variant("AdminUtils", {ScaleValue::of_variant(name, std::move(arguments))});
    const auto encoded = encode_call(*runtime->metadata, "Sudo", "sudo", {{"call", call}});
    if (!encoded.ok()) return encoded.status();
    SigningContext context;
    context.spec_version = runtime->spec_version;
    context.transaction_version = runtime->transaction_version;
    context.genesis_hash = context.era_block_hash = node.block_hash(0, soon()).value();
    context.nonce = nonce;
    const auto extrinsic =
        sign_extrinsic(*runtime->metadata, *encoded, context, ed25519_signer(wallet));
    return node.submit(extrinsic.value(), soon());
  }

  // How many extrinsics of //Alice blocks have.
  static std::uint32_t turns_of_alice() {
    const Node& node = asked();
    const Node::Head head = node.head(soon()).value();
    const auto runtime = runtimes().at(head.hash, soon()).value();
    const std::string place =
        storage_key(*runtime->metadata, "System", "Account",
                    {ScaleValue::of_bytes(bytes_of(account_of(alice().key())))})
            .value();
    const auto account = node.storage(place, head.hash, soon()).value();
    return ScaleReader(account.value_or(std::string(4, '\0'))).u32();
  }

  // Lets sudo call AdminUtils.`name`. The node may drop it, as it may drop anything.
  static void administer(const std::string& name, const std::vector<ScaleValue>& arguments) {
    const std::uint32_t turn = turns_of_alice();
    for (int i = 0; i < 10 && turns_of_alice() == turn; ++i) {
      const std::uint64_t block = chain_->block(soon()).value();
      const absl::Status status = hand_in_sudo(name, arguments, turn);
      ASSERT_TRUE(status.ok() || i > 0) << name << ": " << status;
      (void)chain_->next_block(block, std::chrono::steady_clock::now() + std::chrono::seconds(5));
    }
    ASSERT_EQ(turns_of_alice(), turn + 1) << name;
  }

  static SubtensorChain* chain_;
  static RpcClient* rpc_;
};

SubtensorChain* RealRuntime::chain_ = nullptr;
RpcClient* RealRuntime::rpc_ = nullptr;

TEST_F(RealRuntime, IsKnown) {
  const auto info = chain_->info(soon());
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->runtime, "node-subtensor");
  EXPECT_GT(info->spec_version, 100u);
}

TEST_F(RealRuntime, MoneyMovesAndTheFeeIsKnownBefore) {
  const Wallet from = alice();
  const Signer signer = ed25519_signer(from);
  const AccountId to = account_of(Wallet::create().key());
  const Rao before = chain_->balance(signer.account, soon()).value();
  const auto fee = chain_->fee(Transfer{to, 5 * kTao}, signer, soon());
  ASSERT_TRUE(fee.ok()) << fee.status();
  EXPECT_GT(*fee, 0u);
  const auto receipt = chain_->submit(Transfer{to, 5 * kTao}, signer, soon());
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_THAT(receipt->events, Contains("Balances.Transfer"));
  EXPECT_EQ(chain_->balance(to, soon()).value(), 5 * kTao);
  EXPECT_EQ(chain_->balance(signer.account, soon()).value(), before - 5 * kTao - *fee);
}

TEST_F(RealRuntime, ErrorsHaveTheRuntimesNames) {
  const Wallet poor = alice();
  const auto too_much =
      chain_->submit(Transfer{{1}, 100'000'000 * kTao}, ed25519_signer(poor), soon());
  EXPECT_THAT(too_much.status().message(),
              AnyOf(HasSubstr("Token.FundsUnavailable"), HasSubstr("Arithmetic.")));
  const Wallet twice = registered();
  const auto again = chain_->submit(BurnedRegistration{kNetuid, account_of(twice.key())},
                                    ed25519_signer(poor), soon());
  EXPECT_EQ(again.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(again.status().message(), HasSubstr("AlreadyRegistered"));
  const Wallet stranger = Wallet::create();
  const auto unknown = chain_->submit(AxonAnnouncement{kNetuid, *AxonInfo::at("127.0.0.2:1")},
                                      ed25519_signer(stranger), soon());
  EXPECT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.status().message(),
              AnyOf(HasSubstr("NotRegistered"), HasSubstr("ustom error")));
}

TEST_F(RealRuntime, ANeuronRegistersServesAndSetsWeights) {
  administer("sudo_set_weights_set_rate_limit",
             {ScaleValue::of_number(kNetuid), ScaleValue::of_number(0)});
  const Wallet hotkey = registered();
  const Signer signer = ed25519_signer(hotkey);
  const auto uid = chain_->uid(kNetuid, signer.account, soon());
  ASSERT_TRUE(uid.ok() && uid->has_value()) << uid.status();
  const auto before = chain_->neurons(kNetuid, soon());
  ASSERT_TRUE(before.ok()) << before.status();

  // An account without a balance may do these.
  const AxonAnnouncement axon{kNetuid, *AxonInfo::at("127.0.0.2:8091")};
  EXPECT_EQ(chain_->fee(axon, signer, soon()).value(), 0u);
  const auto served = chain_->submit(axon, signer, soon());
  ASSERT_TRUE(served.ok()) << served.status();
  EXPECT_THAT(served->events, Contains("SubtensorModule.AxonServed"));
  const WeightsUpdate weights{kNetuid, {{**uid, 65535}}, 0};
  const auto set = chain_->submit(weights, signer, soon());
  ASSERT_TRUE(set.ok()) << set.status();

  const auto after = chain_->neurons(kNetuid, soon());
  ASSERT_TRUE(after.ok()) << after.status();
  const ChainNeuron& mine = (*after)->neurons.at(**uid);
  EXPECT_EQ(mine.hotkey, signer.account);
  EXPECT_EQ(mine.axon.address(), "127.0.0.2:8091");
  EXPECT_THAT(mine.weights, ElementsAre(Pair(**uid, 65535)));
  EXPECT_EQ(mine.last_update, set->block);
}

// The runtime's function, storage alone, and differences tell the same.
TEST_F(RealRuntime, AllWaysToReadItAgree) {
  ASSERT_TRUE(chain_->neurons(kNetuid, soon()).ok());
  registered();
  const auto by_changes = chain_->neurons(kNetuid, soon());
  ASSERT_TRUE(by_changes.ok()) << by_changes.status();
  const Node node(*rpc_);
  Runtimes runtimes(node);
  const SubnetReader reader(node, runtimes.at((*by_changes)->block_hash, soon()).value(), kNetuid,
                            (*by_changes)->block, (*by_changes)->block_hash, soon());
  const auto whole = reader.read_all();
  const auto from_storage = reader.read_all_from_storage();
  ASSERT_TRUE(whole.ok()) << whole.status();
  ASSERT_TRUE(from_storage.ok()) << from_storage.status();
  for (const auto& other : {*by_changes, *from_storage}) {
    ASSERT_EQ(other->neurons.size(), (*whole)->neurons.size());
    for (std::size_t uid = 0; uid < other->neurons.size(); ++uid) {
      const ChainNeuron& a = other->neurons[uid];
      const ChainNeuron& b = (*whole)->neurons[uid];
      EXPECT_EQ(a.uid, b.uid);
      EXPECT_EQ(a.hotkey, b.hotkey) << uid;
      EXPECT_EQ(a.coldkey, b.coldkey) << uid;
      EXPECT_EQ(a.axon, b.axon) << uid;
      // The stake of some grows in each block, without an event.
      if (other == *from_storage) {
        EXPECT_EQ(a.stake, b.stake) << uid;
      }
      EXPECT_EQ(a.last_update, b.last_update) << uid;
      EXPECT_EQ(a.active, b.active) << uid;
      EXPECT_EQ(a.registered_at, b.registered_at) << uid;
      EXPECT_EQ(a.weights, b.weights) << uid;
    }
  }
}

TEST_F(RealRuntime, ASubnetThatIsNotThereIsNotFound) {
  EXPECT_EQ(chain_->neurons(77, soon()).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RealRuntime, ABadSignatureIsRefused) {
  const Wallet wallet = alice();
  Signer forger = ed25519_signer(wallet);
  forger.sign = [](absl::string_view) { return std::string(64, 's'); };
  const auto receipt = chain_->submit(Transfer{{1}, 1}, forger, soon());
  EXPECT_FALSE(receipt.ok());
  EXPECT_FALSE(absl::IsDeadlineExceeded(receipt.status())) << receipt.status();
}

TEST_F(RealRuntime, ATurnThatIsOverIsRefused) {
  const absl::Status status = hand_in_sudo(
      "sudo_set_tempo", {ScaleValue::of_number(kNetuid), ScaleValue::of_number(100)}, 0);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), AnyOf(HasSubstr("tale"), HasSubstr("outdated")));
}

TEST_F(RealRuntime, AProofOfWorkRegisters) {
  const auto number = [](std::uint64_t value) { return ScaleValue::of_number(value); };
  if (chain_->hyperparameters(kNetuid, soon())->pow_registration_allowed == 0) {
    administer("sudo_set_network_pow_registration_allowed", {number(kNetuid), number(1)});
  }
  administer("sudo_set_difficulty", {number(kNetuid), number(100000)});
  const Wallet hotkey = Wallet::create();
  const AccountId account = account_of(hotkey.key());
  const auto work = find_registration_work(
      *chain_, kNetuid, account, account_of(alice().key()), [](const std::string&) {},
      [] { return false; }, std::chrono::minutes(1));
  ASSERT_TRUE(work.ok()) << work.status();
  const auto receipt = chain_->submit(*work, ed25519_signer(hotkey), soon());
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_THAT(receipt->events, Contains("SubtensorModule.NeuronRegistered"));
  EXPECT_TRUE(chain_->uid(kNetuid, account, soon()).value().has_value());
}

TEST_F(RealRuntime, WeightsAreCommittedAndRevealed) {
  const auto number = [](std::uint64_t value) { return ScaleValue::of_number(value); };
  const Wallet hotkey = registered();
  const Signer signer = ed25519_signer(hotkey);
  administer("sudo_set_commit_reveal_weights_enabled", {number(kNetuid), number(1)});
  administer("sudo_set_tempo", {number(kNetuid), number(4)});
  const std::uint16_t uid = *chain_->uid(kNetuid, signer.account, soon()).value();
  EXPECT_EQ(chain_->hyperparameters(kNetuid, soon())->commit_reveal, 1u);
  const WeightsUpdate update{kNetuid, {{uid, 65535}}, 0};
  const std::vector<std::uint16_t> salt = {1, 2, 3};
  const auto committed = chain_->submit(WeightsCommit{update, salt}, signer, soon());
  ASSERT_TRUE(committed.ok()) << committed.status();
  // Too early; then, in one of the blocks of the next epoch, right.
  absl::StatusOr<Receipt> revealed = absl::NotFoundError("");
  int tries = 0;
  while (!revealed.ok() && tries++ < 8) {
    revealed = chain_->submit(WeightsReveal{update, salt}, signer, soon());
    if (!revealed.ok()) make_blocks(1);
  }
  ASSERT_TRUE(revealed.ok()) << revealed.status();
  EXPECT_THAT((*chain_->neurons(kNetuid, soon()))->neurons.at(uid).weights,
              ElementsAre(Pair(uid, 65535)));
  administer("sudo_set_commit_reveal_weights_enabled", {number(kNetuid), number(0)});
}

}  // namespace
}  // namespace bittensor
