// SPDX-License-Identifier: MIT
//
// A metagraph on a chain that is made up, with peers that listen in this process.
#include "bittensor/metagraph/chain_peers.h"

#include <deque>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/base/manual_executor.h"
#include "bittensor/base/testing/empty_folder.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/transport/in_process_transport.h"
#include "bittensor/trust/envelope.h"
#include "bittensor/v1/identity.pb.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kDescribe[] = "bittensor.v1.Identity/Describe";
constexpr auto kPatience = std::chrono::seconds(30);  // nothing waits for it to pass

Wallet wallet_of(int name) {
  return Wallet::from_seed(std::string(32, static_cast<char>(name))).value();
}

Schema small_schema() {
  return {Modality::kTensor, at::kFloat, {4}, 8};
}

// A chain whose blocks a test makes, and which keeps what is done.
class ScriptedChain final : public Chain {
 public:
  ScriptedChain() {
    rules_.tempo = 10;
    rules_.min_allowed_weights = 1;
    rules_.max_weight_limit = 65535;
    rules_.max_validators = 64;
  }

  // Registers the neuron of that name.
  void add(int name, const std::string& address) BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    ChainNeuron neuron;
    neuron.uid = static_cast<std::uint16_t>(neurons_.size());
    neuron.hotkey = account_of(wallet_of(name).key());
    neuron.validator_permit = true;
    if (!address.empty()) neuron.axon = *AxonInfo::at(address);
    neurons_.push_back(neuron);
    rules_.neurons = neurons_.size();
  }
  template <typename Change>
  void change(Change change) BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    change(neurons_, rules_);
  }
  void make_blocks(int count) BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    block_ += static_cast<std::uint64_t>(count);
    changed_.notify_all();
  }
  void set_gone(bool gone) BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    gone_ = gone;
    changed_.notify_all();
  }
  void refuse_next(int count,
                   absl::Status why = absl::FailedPreconditionError("the chain refused it"))
      BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    refusals_ = count;
    refusal_ = std::move(why);
  }
  // The next thing that a neuron does, whatever the clock says.
  ChainAction next_action() BITTENSOR_EXCLUDES(mutex_) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    MutexLock lock(mutex_);
    while (actions_.empty()) {
      if (changed_.wait_until(mutex_, end) == std::cv_status::timeout) break;
    }
    if (actions_.empty()) {
      ADD_FAILURE() << "nothing was done on the chain";
      return Transfer();
    }
    ChainAction action = actions_.front();
    actions_.pop_front();
    return action;
  }
  // Until the neuron has read the newest block and waits for the next, or until it has met a chain
  // that is gone.
  void wait_until_idle() BITTENSOR_EXCLUDES(mutex_) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    MutexLock lock(mutex_);
    while (waiting_at_ != block_ && !(gone_ && failed_)) {
      if (changed_.wait_until(mutex_, end) == std::cv_status::timeout) {
        ADD_FAILURE() << "the neuron does not follow the chain";
        return;
      }
    }
  }
  // After close(), for another neuron.
  void reopen() BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    closed_ = false;
    waiting_at_ = 0;
  }
  std::size_t actions() BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return actions_.size();
  }

  absl::StatusOr<std::uint64_t> block(TimePoint) override {
    MutexLock lock(mutex_);
    return block_;
  }
  absl::StatusOr<std::uint64_t> next_block(std::uint64_t seen, TimePoint) override {
    MutexLock lock(mutex_);
    while (block_ == seen && !gone_ && !closed_) {
      waiting_at_ = seen;
      changed_.notify_all();
      changed_.wait(mutex_);
    }
    waiting_at_ = 0;
    if (closed_) return absl::CancelledError("closed");
    if (gone_) return absl::UnavailableError("gone");
    return block_;
  }
  absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> neurons(std::uint16_t netuid,
                                                                TimePoint) override {
    MutexLock lock(mutex_);
    if (closed_) return absl::CancelledError("closed");
    if (gone_) {
      failed_ = true;
      changed_.notify_all();
      return absl::UnavailableError("gone");
    }
    failed_ = false;
    auto snapshot = std::make_shared<NeuronSnapshot>();
    snapshot->netuid = netuid;
    snapshot->block = block_;
    snapshot->neurons = neurons_;
    return snapshot;
  }
  absl::StatusOr<SubnetHyperparameters> hyperparameters(std::uint16_t, TimePoint) override {
    MutexLock lock(mutex_);
    return rules_;
  }
  absl::StatusOr<std::optional<std::uint16_t>> uid(std::uint16_t, const AccountId&,
                                                   TimePoint) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<Rao> balance(const AccountId&, TimePoint) override { return Rao{0}; }
  absl::StatusOr<WorkChallenge> work_challenge(std::uint16_t, TimePoint) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<Rao> fee(const ChainAction&, const Signer&, TimePoint) override { return Rao{0}; }
  absl::StatusOr<Receipt> submit(const ChainAction& action, const Signer& signer,
                                 TimePoint) override {
    MutexLock lock(mutex_);
    actions_.push_back(action);
    changed_.notify_all();
    if (refusals_ > 0) {
      --refusals_;
      return refusal_;
    }
    ++block_;
    for (ChainNeuron& neuron : neurons_) {
      if (neuron.hotkey != signer.account) continue;
      if (const auto* axon = std::get_if<AxonAnnouncement>(&action)) neuron.axon = axon->axon;
      if (const auto* update = std::get_if<WeightsUpdate>(&action)) {
        neuron.weights = update->weights;
        neuron.last_update = block_;
      }
      if (std::holds_alternative<WeightsReveal>(action)) neuron.last_update = block_;
    }
    Receipt receipt;
    receipt.block = block_;
    return receipt;
  }
  void close() override {
    MutexLock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t block_ BITTENSOR_GUARDED_BY(mutex_) = 1;
  std::uint64_t waiting_at_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::vector<ChainNeuron> neurons_ BITTENSOR_GUARDED_BY(mutex_);
  SubnetHyperparameters rules_ BITTENSOR_GUARDED_BY(mutex_);
  std::deque<ChainAction> actions_ BITTENSOR_GUARDED_BY(mutex_);
  int refusals_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  absl::Status refusal_ BITTENSOR_GUARDED_BY(mutex_);
  bool gone_ BITTENSOR_GUARDED_BY(mutex_) = false;
  bool failed_ BITTENSOR_GUARDED_BY(mutex_) = false;
  bool closed_ BITTENSOR_GUARDED_BY(mutex_) = false;
};

class OnAChain : public ::testing::Test {
 protected:
  ~OnAChain() override {
    if (metagraph_ != nullptr) metagraph_->stop();
    executor_.run();
  }

  // Somebody listens at `address`, proves to be `name` and serves small_schema().
  void listen(int name, const std::string& address) {
    auto transport = board_.make_transport(address.substr(0, address.find(':')));
    auto listener = transport->listen(
        address, {kDescribe}, 1 << 16,
        [this, wallet = std::make_shared<Wallet>(wallet_of(name))](Transport::Request request,
                                                                   Transport::ReplyFn reply) {
          ++asked_;
          const auto envelope =
              open_request(request.message.envelope, request.method, request.message.body);
          if (!envelope.ok()) return reply(envelope.status());
          v1::DescribeResponse response;
          *response.mutable_schema() = to_proto(small_schema());
          Payload body(response.SerializeAsString());
          std::string proof =
              seal_reply(*wallet, *envelope, request.method, body, executor_.unix_ms());
          reply(Message{std::move(proof), std::move(body)});
        });
    ASSERT_TRUE(listener.ok()) << listener.status();
    listeners_.push_back(*std::move(listener));
    transports_.push_back(std::move(transport));
  }

  // The neuron under test, number 1, registered as uid 0.
  void start() {
    chain_.add(1, "");
    start_again();
  }

  void start_again() {
    metagraph_.reset();  // which closes the chain
    chain_.reopen();
    Metagraph::Options options;
    options.cache_file = cache_file_;
    options.remote_ip = "127.0.0.2";
    options.chain = &chain_;
    transports_.push_back(board_.make_transport("127.0.0.2"));
    metagraph_ = std::make_unique<Metagraph>(options, *transports_.back(), self_, executor_);
    metagraph_->subscribe(small_schema(), 8091);
    ASSERT_TRUE(metagraph_->start().ok());
  }

  // Lets the neuron read the newest block, and what it asks be answered.
  void settle() {
    chain_.wait_until_idle();
    executor_.run();
  }

  ManualExecutor executor_;
  Switchboard board_{executor_};
  std::vector<std::unique_ptr<Transport>> transports_;
  std::vector<std::unique_ptr<Transport::Listener>> listeners_;
  std::atomic<int> asked_{0};
  ScriptedChain chain_;
  const Wallet self_ = wallet_of(1);
  std::string cache_file_;
  std::unique_ptr<Metagraph> metagraph_;
};

TEST_F(OnAChain, AnnouncesItselfAndFindsThoseWhoProveTheirHotkey) {
  start();
  const auto announced = std::get<AxonAnnouncement>(chain_.next_action());
  EXPECT_EQ(announced.axon.address(), "127.0.0.2:8091");
  listen(2, "127.0.0.3:1");
  listen(9, "127.0.0.4:1");  // somebody else than whom the chain names
  chain_.add(2, "127.0.0.3:1");
  chain_.add(3, "127.0.0.4:1");
  chain_.add(4, "127.0.0.5:1");  // nobody is there
  chain_.add(5, "");
  chain_.make_blocks(1);
  settle();
  EXPECT_EQ(metagraph_->size(), 3u);
  const auto peers = metagraph_->get_synapses(10);
  ASSERT_THAT(peers, SizeIs(1));
  EXPECT_EQ(peers[0].key, wallet_of(2).key());
  EXPECT_EQ(peers[0].axon_address, "127.0.0.3:1");
  EXPECT_EQ(to_string(peers[0].schema), to_string(small_schema()));
}

TEST_F(OnAChain, WhoMovesIsAskedAgainAndWhoIsGoneIsForgotten) {
  listen(2, "127.0.0.3:1");
  listen(2, "127.0.0.6:7");
  start();
  chain_.next_action();
  chain_.add(2, "127.0.0.3:1");
  chain_.make_blocks(1);
  settle();
  chain_.make_blocks(1);
  settle();
  EXPECT_EQ(asked_, 1);  // A proven one is not asked each block.
  chain_.change([](auto& neurons, auto&) { neurons[1].axon = *AxonInfo::at("127.0.0.6:7"); });
  chain_.make_blocks(1);
  settle();
  EXPECT_EQ(metagraph_->get_synapses(1).at(0).axon_address, "127.0.0.6:7");
  chain_.change([](auto& neurons, auto&) { neurons[1].hotkey.fill(77); });
  chain_.make_blocks(1);
  settle();
  EXPECT_EQ(metagraph_->proven(), 0u);
  EXPECT_FALSE(metagraph_->said_goodbye(wallet_of(2).key()));     // A chain tells no farewell.
  EXPECT_EQ(metagraph_->get_synapses(1).at(0).key, self_.key());  // A lone neuron asks itself.
}

TEST_F(OnAChain, GoesOnWithWhatItKnowsAndCatchesUp) {
  listen(2, "127.0.0.3:1");
  listen(3, "127.0.0.4:1");
  start();
  chain_.next_action();
  chain_.add(2, "127.0.0.3:1");
  chain_.make_blocks(1);
  settle();
  chain_.set_gone(true);
  settle();
  EXPECT_EQ(metagraph_->proven(), 1u);
  chain_.add(3, "127.0.0.4:1");
  chain_.set_gone(false);
  chain_.make_blocks(1);
  settle();
  EXPECT_EQ(metagraph_->proven(), 2u);
}

TEST_F(OnAChain, SetsWeightsOnceATempo) {
  listen(2, "127.0.0.3:1");
  start();
  chain_.next_action();
  chain_.add(2, "127.0.0.3:1");
  chain_.add(3, "");
  metagraph_->set_weights({{wallet_of(2).key(), 0.5F}});
  chain_.make_blocks(12);
  const auto first = std::get<WeightsUpdate>(chain_.next_action());
  EXPECT_THAT(first.weights, ElementsAre(Pair(1, 65535)));
  settle();
  metagraph_->set_weights({{wallet_of(2).key(), 0.5F}, {wallet_of(3).key(), 0.25F}});
  chain_.make_blocks(5);
  settle();
  EXPECT_EQ(chain_.actions(), 0u);  // The tempo is 10.
  chain_.make_blocks(6);
  const auto second = std::get<WeightsUpdate>(chain_.next_action());
  EXPECT_THAT(second.weights, ElementsAre(Pair(1, 65535), Pair(2, 32768)));
  // Others read them, and so does this neuron.
  settle();
  const auto matrix = metagraph_->weight_matrix();
  EXPECT_EQ(matrix.keys[0], self_.key());
}

TEST_F(OnAChain, RefusedWeightsAreTriedAgainLaterAndWithoutAPermitNever) {
  start();
  chain_.next_action();
  chain_.add(2, "");
  metagraph_->set_weights({{wallet_of(2).key(), 1.0F}});
  chain_.refuse_next(1);
  chain_.make_blocks(12);
  EXPECT_TRUE(std::holds_alternative<WeightsUpdate>(chain_.next_action()));
  settle();
  chain_.make_blocks(1);
  settle();
  EXPECT_EQ(chain_.actions(), 0u);
  chain_.make_blocks(10);
  EXPECT_TRUE(std::holds_alternative<WeightsUpdate>(chain_.next_action()));
  settle();
  chain_.change([](auto& neurons, auto&) { neurons[0].validator_permit = false; });
  chain_.make_blocks(20);
  settle();
  EXPECT_EQ(chain_.actions(), 0u);
}

TEST_F(OnAChain, HiddenWeightsAreCommittedAndRevealedInTheirEpoch) {
  chain_.change([](auto&, auto& rules) {
    rules.commit_reveal = 1;
    rules.reveal_period_epochs = 2;
  });
  start();
  chain_.next_action();  // in block 2
  chain_.add(2, "");
  metagraph_->set_weights({{wallet_of(2).key(), 1.0F}});
  chain_.make_blocks(12);  // commits in block 15, of epoch 17 / 11 = 1
  const auto committed = std::get<WeightsCommit>(chain_.next_action());
  EXPECT_THAT(committed.update.weights, ElementsAre(Pair(1, 65535)));
  settle();
  chain_.make_blocks(14);  // block 29: the next, 30, is of epoch 2
  settle();
  EXPECT_EQ(chain_.actions(), 0u);
  chain_.make_blocks(1);  // the next, 31, is the first of epoch 3
  const auto revealed = std::get<WeightsReveal>(chain_.next_action());
  EXPECT_EQ(revealed.salt, committed.salt);
  EXPECT_EQ(revealed.update.weights, committed.update.weights);
}

TEST_F(OnAChain, HiddenWeightsAreRevealedAfterARestart) {
  cache_file_ = empty_folder() / "neuron.peers";
  chain_.change([](auto&, auto& rules) {
    rules.commit_reveal = 1;
    rules.reveal_period_epochs = 2;
  });
  start();
  chain_.next_action();
  chain_.add(2, "");
  metagraph_->set_weights({{wallet_of(2).key(), 1.0F}});
  chain_.make_blocks(12);
  const auto committed = std::get<WeightsCommit>(chain_.next_action());
  settle();
  metagraph_->stop();
  start_again();  // and has learnt no weights yet
  chain_.make_blocks(14);
  settle();
  EXPECT_EQ(chain_.actions(), 0u);
  chain_.make_blocks(1);
  const auto revealed = std::get<WeightsReveal>(chain_.next_action());
  EXPECT_EQ(revealed.salt, committed.salt);
  EXPECT_EQ(revealed.update.weights, committed.update.weights);
  // Once is enough.
  settle();
  metagraph_->stop();
  start_again();
  chain_.make_blocks(1);
  settle();
  EXPECT_EQ(chain_.actions(), 0u);
}

TEST_F(OnAChain, ARefusedCommitIsNotRevealed) {
  chain_.change([](auto&, auto& rules) { rules.commit_reveal = 1; });
  start();
  chain_.next_action();
  chain_.add(2, "");
  metagraph_->set_weights({{wallet_of(2).key(), 1.0F}});
  chain_.refuse_next(1);
  chain_.make_blocks(12);
  EXPECT_TRUE(std::holds_alternative<WeightsCommit>(chain_.next_action()));
  settle();
  chain_.make_blocks(11);
  EXPECT_TRUE(std::holds_alternative<WeightsCommit>(chain_.next_action()));
}

TEST_F(OnAChain, ASubnetThatHidesWeightsWithoutSayingSoGetsThemCommitted) {
  start();
  chain_.next_action();
  chain_.add(2, "");
  metagraph_->set_weights({{wallet_of(2).key(), 1.0F}});
  chain_.refuse_next(1, absl::FailedPreconditionError(
                            "the chain refused it: SubtensorModule.CommitRevealEnabled"));
  chain_.make_blocks(12);
  const auto update = std::get<WeightsUpdate>(chain_.next_action());
  const auto committed = std::get<WeightsCommit>(chain_.next_action());
  EXPECT_EQ(committed.update.weights, update.weights);
  settle();
  chain_.make_blocks(11);
  EXPECT_EQ(std::get<WeightsReveal>(chain_.next_action()).salt, committed.salt);
}

// Later runtimes count epochs; how many blocks one has is theirs.
TEST_F(OnAChain, HiddenWeightsAreRevealedByTheRuntimesCountOfEpochs) {
  chain_.change([](auto&, auto& rules) {
    rules.commit_reveal = 1;
    rules.reveal_period_epochs = 1;
    rules.counts_epochs = true;
    rules.epoch = 40;
  });
  start();
  chain_.next_action();
  chain_.add(2, "");
  metagraph_->set_weights({{wallet_of(2).key(), 1.0F}});
  chain_.make_blocks(12);
  const auto committed = std::get<WeightsCommit>(chain_.next_action());
  settle();
  chain_.make_blocks(100);
  settle();
  EXPECT_EQ(chain_.actions(), 0u);  // whatever the blocks are
  // Early by the runtime's own rules: not lost.
  chain_.refuse_next(
      1, absl::FailedPreconditionError("the chain refused it: SubtensorModule.RevealTooEarly"));
  chain_.change([](auto&, auto& rules) { rules.epoch = 41; });
  chain_.make_blocks(1);
  EXPECT_EQ(std::get<WeightsReveal>(chain_.next_action()).salt, committed.salt);
  settle();
  chain_.make_blocks(2);
  EXPECT_EQ(std::get<WeightsReveal>(chain_.next_action()).salt, committed.salt);
}

// One that takes hidden weights in no form that this client makes.
TEST_F(OnAChain, WeightsThatCannotBeCommittedStayHereAndTheNeuronGoesOn) {
  chain_.change([](auto&, auto& rules) { rules.commit_reveal = 1; });
  start();
  chain_.next_action();
  chain_.add(2, "");
  metagraph_->set_weights({{wallet_of(2).key(), 1.0F}});
  chain_.refuse_next(1, absl::UnimplementedError("no commit_weights"));
  chain_.make_blocks(12);
  EXPECT_TRUE(std::holds_alternative<WeightsCommit>(chain_.next_action()));
  settle();
  chain_.add(3, "127.0.0.9:1");
  chain_.make_blocks(1);
  settle();
  EXPECT_EQ(chain_.actions(), 0u);
  EXPECT_EQ(metagraph_->size(), 1u);
  chain_.make_blocks(10);  // Nothing is left to reveal: it tries once more to commit.
  EXPECT_TRUE(std::holds_alternative<WeightsCommit>(chain_.next_action()));
}

TEST_F(OnAChain, AnAddressThatNoChainTakesIsRefused) {
  chain_.add(1, "");
  Metagraph::Options options;
  options.chain = &chain_;
  transports_.push_back(board_.make_transport());
  Metagraph metagraph(options, *transports_.back(), self_, executor_);
  EXPECT_FALSE(metagraph.start().ok());  // before subscribe()
  metagraph.subscribe(small_schema(), 8091);
  EXPECT_EQ(metagraph.start().code(), absl::StatusCode::kInvalidArgument);  // 127.0.0.1
}

}  // namespace
}  // namespace bittensor
