// SPDX-License-Identifier: MIT
#include "bittensor/neuron/watched_chain.h"

#include "gmock/gmock.h"

#include "bittensor/base/manual_executor.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Answers each call with the same status.
class FailingChain final : public Chain {
 public:
  explicit FailingChain(const absl::Status& status) : status_(status) {}

  absl::StatusOr<std::uint64_t> block(TimePoint) override { return answer<std::uint64_t>(); }
  absl::StatusOr<std::uint64_t> next_block(std::uint64_t, TimePoint) override {
    return answer<std::uint64_t>();
  }
  absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> neurons(std::uint16_t, TimePoint) override {
    return answer<std::shared_ptr<const NeuronSnapshot>>();
  }
  absl::StatusOr<SubnetHyperparameters> hyperparameters(std::uint16_t, TimePoint) override {
    return answer<SubnetHyperparameters>();
  }
  absl::StatusOr<std::optional<std::uint16_t>> uid(std::uint16_t, const AccountId&,
                                                   TimePoint) override {
    return answer<std::optional<std::uint16_t>>();
  }
  absl::StatusOr<Rao> balance(const AccountId&, TimePoint) override { return answer<Rao>(); }
  absl::StatusOr<WorkChallenge> work_challenge(std::uint16_t, TimePoint) override {
    return answer<WorkChallenge>();
  }
  absl::StatusOr<Rao> fee(const ChainAction&, const Signer&, TimePoint) override {
    return answer<Rao>();
  }
  absl::StatusOr<Receipt> submit(const ChainAction&, const Signer&, TimePoint) override {
    return answer<Receipt>();
  }
  void close() override {}

 private:
  template <typename T>
  absl::StatusOr<T> answer() const {
    if (!status_.ok()) return status_;
    return T();
  }

  const absl::Status& status_;
};

class WatchedChainTest : public ::testing::Test {
 protected:
  std::vector<NeuronState::Waiting> waits() const { return watch_.state().training.waiting; }
  std::vector<NeuronState::Event> events() const { return watch_.state().events; }

  ManualExecutor executor_;
  Watch watch_{executor_};
  absl::Status status_;
  WatchedChain chain_{std::make_unique<FailingChain>(status_), "ws://a", watch_};
};

TEST_F(WatchedChainTest, WhenItIsAwayThatIsSeenUntilItIsThereAgain) {
  EXPECT_TRUE(chain_.neurons(1, {}).ok());
  EXPECT_THAT(waits(), IsEmpty());
  const double begin = watch_.unix_s();
  status_ = absl::UnavailableError("connection refused");
  EXPECT_FALSE(chain_.next_block(1, {}).ok());
  executor_.advance(40s);
  status_ = absl::DeadlineExceededError("no answer");
  EXPECT_FALSE(chain_.neurons(1, {}).ok());
  ASSERT_THAT(waits(), SizeIs(1));
  EXPECT_EQ(waits()[0].what,
            "the chain at ws://a (gone: connection refused; it goes on with whom it knows)");
  EXPECT_DOUBLE_EQ(waits()[0].since_s, begin);
  EXPECT_EQ(waits()[0].until_s, 0) << "for as long as it takes";
  status_ = absl::OkStatus();
  EXPECT_TRUE(chain_.neurons(1, {}).ok());
  EXPECT_THAT(waits(), IsEmpty());
  ASSERT_THAT(events(), SizeIs(1));
  EXPECT_EQ(events()[0].text,
            "the chain at ws://a is there again; it was away for 40 s: gone: connection refused");
}

TEST_F(WatchedChainTest, AChainThatRefusesOrTakesItsTimeIsThere) {
  status_ = absl::FailedPreconditionError("refused");
  EXPECT_FALSE(chain_.submit({}, {}, {}).ok());
  status_ = absl::DeadlineExceededError("no block");
  EXPECT_FALSE(chain_.next_block(1, {}).ok());
  status_ = absl::CancelledError("closed");
  EXPECT_FALSE(chain_.neurons(1, {}).ok());
  EXPECT_THAT(waits(), IsEmpty());
}

}  // namespace
}  // namespace bittensor
