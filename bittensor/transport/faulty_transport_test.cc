// SPDX-License-Identifier: MIT
#include "bittensor/transport/faulty_transport.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "bittensor/base/thread_executor.h"
#include "bittensor/transport/in_process_transport.h"
#include "bittensor/transport/testing/transport_contract.h"

namespace bittensor::testing {
namespace {

using namespace std::chrono_literals;
using Reply = Transport::Reply;
using ReplyFn = Transport::ReplyFn;

// The promises hold for calls that are only delayed.
class FaultyWorld final : public ManualWorld {
 public:
  std::unique_ptr<Transport> make_transport() override {
    Faults faults;
    faults.delay = 3ms;
    return std::make_unique<FaultyTransport>(board_.make_transport(), faults, 1, executor_);
  }

 private:
  Switchboard board_{executor_};
};

class ThreadedFaultyWorld final : public ThreadedWorld {
 public:
  ~ThreadedFaultyWorld() override { executor_.stop(); }
  std::unique_ptr<Transport> make_transport() override {
    return std::make_unique<FaultyTransport>(board_.make_transport(), Faults(), 1, executor_);
  }

 private:
  ThreadExecutor executor_{3};
  Switchboard board_{executor_};
};

std::unique_ptr<TransportWorld> make_faulty_world() {
  return std::make_unique<FaultyWorld>();
}
std::unique_ptr<TransportWorld> make_threaded_world() {
  return std::make_unique<ThreadedFaultyWorld>();
}

INSTANTIATE_TEST_SUITE_P(Delayed, TransportContract, ::testing::Values(&make_faulty_world),
                         no_suffix);
INSTANTIATE_TEST_SUITE_P(ThreadedFaulty, TransportContract, ::testing::Values(&make_threaded_world),
                         no_suffix);

TEST(Faults, AreReadByName) {
  const auto faults = parse_faults(
      "transport.delay=100ms, transport.drop=0.05,transport.cut=0.01,transport.corrupt=1");
  ASSERT_TRUE(faults.ok()) << faults.status();
  EXPECT_EQ(faults->delay, 100ms);
  EXPECT_EQ(faults->drop, 0.05);
  EXPECT_EQ(faults->cut, 0.01);
  EXPECT_EQ(faults->corrupt, 1);
}

TEST(Faults, EachHasAName) {
  for (const char* name :
       {"silent", "refuse", "drop", "half_open", "cut", "corrupt", "duplicate", "reorder"}) {
    EXPECT_TRUE(parse_faults(std::string("transport.") + name + "=0.5").ok()) << name;
  }
  EXPECT_EQ(parse_faults("transport.jitter=5ms")->jitter, 5ms);
}

TEST(Faults, NothingIsNone) {
  const auto faults = parse_faults("");
  ASSERT_TRUE(faults.ok()) << faults.status();
  EXPECT_EQ(faults->delay, Duration::zero());
  EXPECT_EQ(faults->drop + faults->cut + faults->corrupt, 0);
}

TEST(Faults, WhatIsNotUnderstoodIsNamed) {
  for (const char* fault :
       {"transport.lose=1", "drop=1", "transport.drop", "transport.drop=", "transport.drop=1.5",
        "transport.drop=-0.1", "transport.drop=nan", "transport.drop=0.1=2", "transport.delay=100",
        "transport.delay=-1ms", "transport.delay=inf", "transport.delay=0.05"}) {
    const auto faults = parse_faults(std::string("transport.cut=0.5,") + fault);
    EXPECT_EQ(faults.status().code(), absl::StatusCode::kInvalidArgument) << fault;
    EXPECT_NE(faults.status().message().find(fault), absl::string_view::npos) << faults.status();
  }
  EXPECT_FALSE(parse_faults("transport.drop=0.1,transport.drop=0.2").ok());
}

// A server that echoes, and calls of 10 bytes to it through a transport with faults.
class FaultyCalls : public ::testing::Test {
 protected:
  void start(const Faults& faults, std::uint64_t seed = 1) {
    listener_ = listen(*server_, [this](Transport::Request request, const ReplyFn& reply) {
      received_.push_back(request.message.body.flatten());
      echo(std::move(request), reply);
    });
    client_ = std::make_unique<FaultyTransport>(board_.make_transport(), faults, seed, executor_);
  }

  // The reply to call i comes to (*result)[i].
  void call_times(int times, Duration patience, std::vector<std::optional<Reply>>* result) {
    result->resize(times);
    for (int i = 0; i < times; ++i) {
      client_->call(listener_->address(), kMethod, Message{"", Payload(std::string(10, 'x'))},
                    executor_.now() + patience, kMaxBytes,
                    [result, i](Reply reply) { (*result)[i] = std::move(reply); });
    }
  }

  static int count(const std::vector<std::optional<Reply>>& replies, absl::StatusCode code) {
    return static_cast<int>(
        std::count_if(replies.begin(), replies.end(), [code](const std::optional<Reply>& reply) {
          return reply && reply->status().code() == code;
        }));
  }

  ManualExecutor executor_;
  Switchboard board_{executor_};
  std::unique_ptr<Transport> server_ = board_.make_transport();
  std::unique_ptr<Transport::Listener> listener_;
  std::unique_ptr<FaultyTransport> client_;
  std::vector<std::string> received_;
};

TEST_F(FaultyCalls, DelayHoldsOnBothWays) {
  Faults faults;
  faults.delay = 50ms;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(1, 1s, &replies);
  executor_.advance(49ms);
  EXPECT_TRUE(received_.empty());
  executor_.advance(1ms);
  EXPECT_EQ(received_.size(), 1u);
  executor_.advance(49ms);
  EXPECT_FALSE(replies[0].has_value());
  executor_.advance(1ms);
  ASSERT_TRUE(replies[0].has_value());
  EXPECT_TRUE(replies[0]->ok()) << replies[0]->status();
}

TEST_F(FaultyCalls, DelayBeyondTheDeadlineIsExceeded) {
  Faults faults;
  faults.delay = 50ms;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(1, 60ms, &replies);
  executor_.advance(60ms);
  EXPECT_EQ(count(replies, absl::StatusCode::kDeadlineExceeded), 1);
}

TEST_F(FaultyCalls, DroppedCallsRunIntoTheirDeadline) {
  Faults faults;
  faults.drop = 0.25;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(1000, 1s, &replies);
  executor_.advance(999ms);
  const int arrived = count(replies, absl::StatusCode::kOk);
  EXPECT_NEAR(arrived, 750, 50);
  executor_.advance(1ms);
  EXPECT_EQ(count(replies, absl::StatusCode::kDeadlineExceeded), 1000 - arrived);
}

TEST_F(FaultyCalls, CutCallsAreUnavailable) {
  Faults faults;
  faults.cut = 0.25;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(1000, 1s, &replies);
  executor_.advance(1ms);
  EXPECT_NEAR(count(replies, absl::StatusCode::kUnavailable), 250, 50);
  EXPECT_EQ(received_.size(), static_cast<std::size_t>(count(replies, absl::StatusCode::kOk)));
}

TEST_F(FaultyCalls, CorruptCallsHaveOneOtherByteOnOneWay) {
  Faults faults;
  faults.corrupt = 1;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(100, 1s, &replies);
  executor_.advance(1ms);
  ASSERT_EQ(count(replies, absl::StatusCode::kOk), 100);
  int requests = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string reply = (*replies[i])->body.flatten();
    EXPECT_EQ(std::count(reply.begin(), reply.end(), 'x'), 9) << reply;
    requests += received_[i] == std::string(10, 'x') ? 0 : 1;
  }
  EXPECT_NEAR(requests, 50, 20);
}

TEST_F(FaultyCalls, RefusedCallsAreUnavailableAtOnceAndNeverArrive) {
  Faults faults;
  faults.refuse = 1;
  faults.delay = 50ms;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(3, 1s, &replies);
  executor_.run();
  EXPECT_EQ(count(replies, absl::StatusCode::kUnavailable), 3);
  executor_.advance(1s);
  EXPECT_TRUE(received_.empty());
}

TEST_F(FaultyCalls, HalfOpenCallsArriveAndRunIntoTheirDeadline) {
  Faults faults;
  faults.half_open = 1;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(3, 1s, &replies);
  executor_.advance(1s);
  EXPECT_EQ(received_.size(), 3u);
  EXPECT_EQ(count(replies, absl::StatusCode::kDeadlineExceeded), 3);
}

TEST_F(FaultyCalls, DuplicatesArriveTwiceAndAreAnsweredOnce) {
  Faults faults;
  faults.duplicate = 1;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(3, 1s, &replies);
  executor_.advance(1s);
  EXPECT_EQ(received_.size(), 6u);
  EXPECT_EQ(count(replies, absl::StatusCode::kOk), 3);
}

TEST_F(FaultyCalls, SomeCallsAreOvertaken) {
  Faults faults;
  faults.reorder = 0.5;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(100, 1s, &replies);
  executor_.advance(kOvertaken - 1ms);
  EXPECT_NEAR(static_cast<double>(received_.size()), 50, 20);
  executor_.advance(1ms);
  EXPECT_EQ(count(replies, absl::StatusCode::kOk), 100);
}

TEST_F(FaultyCalls, JitterComesOnTopOfTheDelay) {
  Faults faults;
  faults.delay = 10ms;
  faults.jitter = 20ms;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(100, 1s, &replies);
  executor_.advance(9ms);
  EXPECT_TRUE(received_.empty());
  executor_.advance(11ms);
  EXPECT_NEAR(static_cast<double>(received_.size()), 50, 20);
  executor_.advance(40ms);
  EXPECT_EQ(count(replies, absl::StatusCode::kOk), 100);
}

TEST_F(FaultyCalls, SilentPeersStaySilent) {
  Faults faults;
  faults.silent = 1;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(3, 1s, &replies);
  executor_.advance(1s);
  EXPECT_EQ(count(replies, absl::StatusCode::kDeadlineExceeded), 3);
  client_->set_faults({});
  call_times(3, 1s, &replies);
  executor_.run();
  EXPECT_EQ(count(replies, absl::StatusCode::kOk), 3);
}

TEST_F(FaultyCalls, SeedDecidesWhichCallsFail) {
  const auto fates = [](std::uint64_t seed) {
    ManualExecutor executor;
    Switchboard board(executor);
    auto server = board.make_transport();
    auto listener = listen(*server, echo);
    Faults faults;
    faults.drop = faults.cut = faults.corrupt = 0.2;
    FaultyTransport client(board.make_transport(), faults, seed, executor);
    std::string seen(100, '?');
    for (char& one : seen) {
      client.call(listener->address(), kMethod, Message{"", Payload("x")}, executor.now() + 1s,
                  kMaxBytes, [&one](const Reply& reply) {
                    one = reply.ok() ? reply->body.flatten()[0]
                                     : absl::StatusCodeToString(reply.status().code())[0];
                  });
    }
    executor.advance(1s);
    return seen;
  };
  EXPECT_EQ(fates(7), fates(7));
  EXPECT_NE(fates(7), fates(8));
  EXPECT_EQ(fates(7).find('?'), std::string::npos);
}

TEST_F(FaultyCalls, CloseAnswersDroppedCalls) {
  Faults faults;
  faults.drop = 1;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(1, 1h, &replies);
  executor_.run();
  client_->close();
  executor_.run();
  EXPECT_EQ(count(replies, absl::StatusCode::kCancelled), 1);
}

TEST_F(FaultyCalls, TransportMayGoWhileCallsAreOnTheirWay) {
  Faults faults;
  faults.delay = 50ms;
  start(faults);
  std::vector<std::optional<Reply>> replies;
  call_times(3, 1s, &replies);
  client_.reset();
  executor_.advance(2s);
  EXPECT_EQ(count(replies, absl::StatusCode::kCancelled), 3);
  EXPECT_TRUE(received_.empty());
}

}  // namespace
}  // namespace bittensor::testing
