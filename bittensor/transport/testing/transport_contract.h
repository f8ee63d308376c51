// SPDX-License-Identifier: MIT
#pragma once

#include <future>
#include <memory>
#include <string>

#include "gtest/gtest.h"

#include "bittensor/base/manual_executor.h"
#include "bittensor/transport/transport.h"

namespace bittensor::testing {

// What a Transport under test needs around it.
class TransportWorld {
 public:
  virtual ~TransportWorld() = default;
  virtual std::unique_ptr<Transport> make_transport() = 0;
  virtual TimePoint now() = 0;
  // Lets calls under way go on until `done`. False if that takes too long.
  virtual bool wait_for(const std::shared_future<void>& done) = 0;
};

using MakeWorld = std::unique_ptr<TransportWorld> (*)();

// A world of threads and of the real clock.
class ThreadedWorld : public TransportWorld {
 public:
  TimePoint now() override { return std::chrono::steady_clock::now(); }
  bool wait_for(const std::shared_future<void>& done) override {
    return done.wait_for(std::chrono::seconds(30)) == std::future_status::ready;
  }
};

// A world whose time passes while somebody waits for it, a millisecond at a time.
class ManualWorld : public TransportWorld {
 public:
  TimePoint now() override { return executor_.now(); }
  bool wait_for(const std::shared_future<void>& done) override {
    for (int ms = 0; ms < 30'000; ++ms) {
      if (done.wait_for(Duration::zero()) == std::future_status::ready) return true;
      executor_.advance(std::chrono::milliseconds(1));
    }
    return false;
  }

 protected:
  ManualExecutor executor_;
};

// The promises of transport.h, tested alike on every implementation:
//   INSTANTIATE_TEST_SUITE_P(Grpc, TransportContract, Values(&make_grpc_world), no_suffix);
class TransportContract : public ::testing::TestWithParam<MakeWorld> {
 protected:
  std::unique_ptr<TransportWorld> world_ = GetParam()();
};

// The instantiation's name says which transport it is; the parameter adds nothing.
inline std::string no_suffix(const ::testing::TestParamInfo<MakeWorld>& info) {
  return std::to_string(info.index);
}

// The ReplyFn of one call. Fails the test unless it runs exactly once, and not inside call().
class OneReply {
 public:
  explicit OneReply(TransportWorld& world) : world_(world) {}
  ~OneReply();

  Transport::ReplyFn fn() const;
  void call_returned();

  // Waits for it.
  Transport::Reply get();
  absl::StatusCode code() { return get().status().code(); }

 private:
  struct State;
  TransportWorld& world_;
  // Shared with the ReplyFn: a reply that comes after the test must not find a dead object.
  const std::shared_ptr<State> state_ = make_state();
  static std::shared_ptr<State> make_state();
};

constexpr char kMethod[] = "bittensor.v1.Axon/Forward";
constexpr std::size_t kMaxBytes = 16 * 1024 * 1024;

// Listens at any port of this host and serves kMethod.
std::unique_ptr<Transport::Listener> listen(Transport& transport, Transport::Handler handler);

// Answers with the request's envelope and body.
void echo(Transport::Request request, Transport::ReplyFn reply);

// Calls kMethod with `body`.
void call(Transport& transport, const std::string& address, Message message, TimePoint deadline,
          OneReply& reply);

}  // namespace bittensor::testing
