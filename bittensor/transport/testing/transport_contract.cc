// SPDX-License-Identifier: MIT
//
// A source of the test binary of each Transport: <name>_transport_test.cc adds the
// INSTANTIATE_TEST_SUITE_P.
#include "bittensor/transport/testing/transport_contract.h"

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"

#include "bittensor/transport/testing/held_port.h"

namespace bittensor::testing {

using namespace std::chrono_literals;
using Reply = Transport::Reply;
using ReplyFn = Transport::ReplyFn;

struct OneReply::State {
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<bool> inside_call{true};
  std::atomic<bool> replied{false};
  Reply reply = absl::UnknownError("on_reply never ran");
  std::promise<void> promise;
  std::shared_future<void> done{promise.get_future()};
};

std::shared_ptr<OneReply::State> OneReply::make_state() {
  return std::make_shared<State>();
}

OneReply::~OneReply() {
  EXPECT_TRUE(state_->replied || world_.wait_for(state_->done)) << "on_reply never ran";
}

ReplyFn OneReply::fn() const {
  return [state = state_](Reply reply) {
    EXPECT_FALSE(state->inside_call && std::this_thread::get_id() == state->caller)
        << "on_reply ran inside call()";
    if (state->replied.exchange(true)) {
      ADD_FAILURE() << "on_reply ran twice";
      return;
    }
    state->reply = std::move(reply);
    state->promise.set_value();
  };
}

void OneReply::call_returned() {
  state_->inside_call = false;
}

Reply OneReply::get() {
  return world_.wait_for(state_->done) ? state_->reply : absl::UnknownError("on_reply never ran");
}

std::unique_ptr<Transport::Listener> listen(Transport& transport, Transport::Handler handler) {
  auto listener = transport.listen("127.0.0.1:0", {kMethod}, kMaxBytes, std::move(handler));
  EXPECT_TRUE(listener.ok()) << listener.status();
  return listener.ok() ? *std::move(listener) : nullptr;
}

void echo(Transport::Request request, ReplyFn reply) {
  reply(std::move(request.message));
}

void call(Transport& transport, const std::string& address, Message message, TimePoint deadline,
          OneReply& reply) {
  transport.call(address, kMethod, std::move(message), deadline, kMaxBytes, reply.fn());
  reply.call_returned();
}

namespace {

Message message_of(std::string body) {
  return Message{"", Payload(std::move(body))};
}

TEST_P(TransportContract, CarriesARequestAndItsReply) {
  auto server = world_->make_transport();
  auto client = world_->make_transport();
  Transport::Request seen;
  auto listener = listen(*server, [&](Transport::Request request, ReplyFn reply) {
    seen = request;
    const std::string body = "echo " + request.message.body.flatten();
    reply(Message{"the server's envelope", Payload(body)});
  });

  OneReply reply(*world_);
  call(*client, listener->address(), Message{"the client's envelope", Payload("hello")},
       world_->now() + 10s, reply);
  const Reply answer = reply.get();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->envelope, "the server's envelope");
  EXPECT_EQ(answer->body.flatten(), "echo hello");
  EXPECT_EQ(seen.message.envelope, "the client's envelope");
  EXPECT_EQ(seen.message.body.flatten(), "hello");
  EXPECT_EQ(seen.method, kMethod);
  EXPECT_EQ(seen.peer, "127.0.0.1");
}

TEST_P(TransportContract, HandlerLearnsTheDeadline) {
  auto transport = world_->make_transport();
  Duration left{};
  auto listener = listen(*transport, [&](Transport::Request request, ReplyFn reply) {
    left = request.deadline - world_->now();
    reply(Message());
  });
  OneReply reply(*world_);
  call(*transport, listener->address(), Message(), world_->now() + 10s, reply);
  ASSERT_TRUE(reply.get().ok()) << reply.get().status();
  EXPECT_GT(left, 2s);
  EXPECT_LT(left, 11s);
}

TEST_P(TransportContract, EnvelopeIsBytesOfAnyValue) {
  auto transport = world_->make_transport();
  auto listener = listen(*transport, echo);
  std::string envelope;
  for (std::size_t i = 0; i < kMaxEnvelopeBytes; ++i) envelope += static_cast<char>(i * 7);
  OneReply reply(*world_);
  call(*transport, listener->address(), Message{envelope, {}}, world_->now() + 10s, reply);
  ASSERT_TRUE(reply.get().ok()) << reply.get().status();
  EXPECT_EQ(reply.get()->envelope, envelope);
  EXPECT_EQ(reply.get()->body.size(), 0u);
}

TEST_P(TransportContract, EnvelopeThatIsTooLongIsRefused) {
  auto transport = world_->make_transport();
  auto listener = listen(*transport, echo);
  OneReply reply(*world_);
  call(*transport, listener->address(), Message{std::string(kMaxEnvelopeBytes + 1, 'e'), {}},
       world_->now() + 10s, reply);
  EXPECT_EQ(reply.code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(TransportContract, EightMegabytesInPiecesArriveEqual) {
  auto transport = world_->make_transport();
  auto listener = listen(*transport, echo);
  Message message;
  for (int piece = 0; piece < 9; ++piece) {
    std::string bytes(piece == 0 ? 3 : 1024 * 1024, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 + piece);
    message.body.append(std::move(bytes));
  }
  const std::string sent = message.body.flatten();
  OneReply reply(*world_);
  call(*transport, listener->address(), std::move(message), world_->now() + 20s, reply);
  ASSERT_TRUE(reply.get().ok()) << reply.get().status();
  EXPECT_TRUE(reply.get()->body.flatten() == sent);
}

TEST_P(TransportContract, RequestThatIsTooLargeIsRefused) {
  auto transport = world_->make_transport();
  auto listener = transport->listen("127.0.0.1:0", {kMethod}, 1000, echo);
  ASSERT_TRUE(listener.ok());
  OneReply fits(*world_);
  OneReply large(*world_);
  call(*transport, (*listener)->address(), message_of(std::string(1000, 'x')), world_->now() + 10s,
       fits);
  call(*transport, (*listener)->address(), message_of(std::string(1001, 'x')), world_->now() + 10s,
       large);
  EXPECT_EQ(fits.code(), absl::StatusCode::kOk);
  EXPECT_EQ(large.code(), absl::StatusCode::kResourceExhausted);
}

TEST_P(TransportContract, ReplyThatIsTooLargeIsRefused) {
  auto transport = world_->make_transport();
  auto listener = listen(*transport, echo);
  OneReply fits(*world_);
  OneReply large(*world_);
  const auto call_with_limit = [&](std::size_t max_reply_bytes, OneReply& reply) {
    transport->call(listener->address(), kMethod, message_of(std::string(1000, 'x')),
                    world_->now() + 10s, max_reply_bytes, reply.fn());
    reply.call_returned();
  };
  call_with_limit(1000, fits);
  call_with_limit(999, large);
  EXPECT_EQ(fits.code(), absl::StatusCode::kOk);
  EXPECT_EQ(large.code(), absl::StatusCode::kResourceExhausted);
}

TEST_P(TransportContract, ErrorOfTheHandlerArrives) {
  auto transport = world_->make_transport();
  auto listener = listen(*transport, [](Transport::Request, ReplyFn reply) {
    reply(absl::FailedPreconditionError("not to \"you\", \xc3\xa9ver"));
  });
  OneReply reply(*world_);
  call(*transport, listener->address(), message_of("x"), world_->now() + 10s, reply);
  EXPECT_EQ(reply.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(reply.get().status().message(), "not to \"you\", \xc3\xa9ver");
}

TEST_P(TransportContract, UnknownMethodIsUnimplemented) {
  auto transport = world_->make_transport();
  auto listener = listen(*transport, echo);
  OneReply reply(*world_);
  transport->call(listener->address(), "bittensor.v1.Axon/Nothing", Message(), world_->now() + 10s,
                  kMaxBytes, reply.fn());
  reply.call_returned();
  EXPECT_EQ(reply.code(), absl::StatusCode::kUnimplemented);
}

TEST_P(TransportContract, PeerThatNeverAnswersRunsIntoTheDeadline) {
  auto transport = world_->make_transport();
  std::vector<ReplyFn> kept;
  auto listener = listen(
      *transport, [&](Transport::Request, ReplyFn reply) { kept.push_back(std::move(reply)); });
  OneReply reply(*world_);
  call(*transport, listener->address(), message_of("x"), world_->now() + 200ms, reply);
  EXPECT_EQ(reply.code(), absl::StatusCode::kDeadlineExceeded);
  listener->close(world_->now());
}

TEST_P(TransportContract, DeadlineInThePastIsExceeded) {
  auto transport = world_->make_transport();
  auto listener = listen(*transport, echo);
  OneReply reply(*world_);
  call(*transport, listener->address(), message_of("x"), world_->now() - 1s, reply);
  EXPECT_EQ(reply.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_P(TransportContract, HandlerThatDropsItsReplyFnIsAnError) {
  auto transport = world_->make_transport();
  auto listener = listen(*transport, [](Transport::Request, const ReplyFn&) {});
  OneReply reply(*world_);
  call(*transport, listener->address(), message_of("x"), world_->now() + 10s, reply);
  EXPECT_EQ(reply.code(), absl::StatusCode::kInternal);
}

TEST_P(TransportContract, SecondReplyDoesNothing) {
  auto transport = world_->make_transport();
  auto listener = listen(*transport, [](Transport::Request, const ReplyFn& reply) {
    reply(message_of("first"));
    reply(message_of("second"));
  });
  OneReply reply(*world_);
  call(*transport, listener->address(), message_of("x"), world_->now() + 10s, reply);
  ASSERT_TRUE(reply.get().ok()) << reply.get().status();
  EXPECT_EQ(reply.get()->body.flatten(), "first");
}

TEST_P(TransportContract, AnotherThreadMayReplyLater) {
  auto transport = world_->make_transport();
  std::thread thread;
  std::promise<void> started;
  const std::shared_future<void> handler_ran(started.get_future());
  auto listener = listen(*transport, [&](Transport::Request request, ReplyFn reply) {
    thread = std::thread([=] { reply(request.message); });
    started.set_value();
  });
  OneReply reply(*world_);
  call(*transport, listener->address(), message_of("x"), world_->now() + 10s, reply);
  ASSERT_TRUE(world_->wait_for(handler_ran));
  thread.join();
  EXPECT_EQ(reply.code(), absl::StatusCode::kOk) << reply.get().status();
}

TEST_P(TransportContract, ThousandCallsAtTheSameTime) {
  auto server = world_->make_transport();
  auto client = world_->make_transport();
  auto listener = listen(*server, echo);
  std::vector<std::unique_ptr<OneReply>> replies;
  for (int i = 0; i < 1000; ++i) {
    replies.push_back(std::make_unique<OneReply>(*world_));
    call(*client, listener->address(), message_of("call " + std::to_string(i)), world_->now() + 20s,
         *replies.back());
  }
  for (int i = 0; i < 1000; ++i) {
    const Reply reply = replies[i]->get();
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->body.flatten(), "call " + std::to_string(i));
  }
}

TEST_P(TransportContract, TakenAddressIsNamed) {
  auto transport = world_->make_transport();
  auto listener = listen(*transport, echo);
  const auto second = transport->listen(listener->address(), {kMethod}, kMaxBytes, echo);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_NE(second.status().message().find(listener->address()), std::string::npos);
}

TEST_P(TransportContract, AddressOfAClosedListenerIsFree) {
  const HeldPort held;  // Or another program may take it between the two.
  auto transport = world_->make_transport();
  auto listener = transport->listen(held.address(), {kMethod}, kMaxBytes, echo);
  ASSERT_TRUE(listener.ok()) << listener.status();
  listener->reset();
  const auto second = transport->listen(held.address(), {kMethod}, kMaxBytes, echo);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)->address(), held.address());
}

TEST_P(TransportContract, ListenAtWhatIsNoAddressIsRefused) {
  auto transport = world_->make_transport();
  for (const char* address : {"", "unix:/tmp/socket", "127.0.0.1", "127.0.0.1:99999", "a b:1"}) {
    const auto listener = transport->listen(address, {kMethod}, kMaxBytes, echo);
    EXPECT_EQ(listener.status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
}

// Errors known at once are where an implementation is tempted to reply inline.
TEST_P(TransportContract, CallOfWhatIsNoAddressIsRefused) {
  auto transport = world_->make_transport();
  for (const char* address : {"", "unix:/tmp/socket", "127.0.0.1", "dns:///a:1", "a b:1", "a:0"}) {
    OneReply reply(*world_);
    call(*transport, address, message_of("x"), world_->now() + 10s, reply);
    EXPECT_EQ(reply.code(), absl::StatusCode::kInvalidArgument) << address;
  }
}

TEST_P(TransportContract, NobodyAtTheAddressIsUnavailable) {
  auto transport = world_->make_transport();
  OneReply reply(*world_);
  call(*transport, "127.0.0.1:1", message_of("x"), world_->now() + 10s, reply);
  EXPECT_EQ(reply.code(), absl::StatusCode::kUnavailable);
}

TEST_P(TransportContract, CloseAnswersPendingCalls) {
  auto server = world_->make_transport();
  auto client = world_->make_transport();
  std::vector<ReplyFn> kept;
  auto listener =
      listen(*server, [&](Transport::Request, ReplyFn reply) { kept.push_back(std::move(reply)); });
  OneReply reply(*world_);
  call(*client, listener->address(), message_of("x"), world_->now() + 1h, reply);
  client->close();
  client->close();
  EXPECT_EQ(reply.code(), absl::StatusCode::kCancelled);
  listener->close(world_->now());
}

TEST_P(TransportContract, CallAfterCloseIsCancelled) {
  auto transport = world_->make_transport();
  transport->close();
  OneReply reply(*world_);
  call(*transport, "127.0.0.1:1", message_of("x"), world_->now() + 10s, reply);
  EXPECT_EQ(reply.code(), absl::StatusCode::kCancelled);
}

TEST_P(TransportContract, ClosedListenerIsUnavailable) {
  auto server = world_->make_transport();
  auto client = world_->make_transport();
  auto listener = listen(*server, echo);
  listener->close(world_->now() + 1s);
  listener->close(world_->now() + 1s);
  OneReply reply(*world_);
  call(*client, listener->address(), message_of("x"), world_->now() + 10s, reply);
  EXPECT_EQ(reply.code(), absl::StatusCode::kUnavailable);
}

TEST_P(TransportContract, CloseOfAListenerCutsWhatIsUnderWay) {
  auto server = world_->make_transport();
  auto client = world_->make_transport();
  std::vector<ReplyFn> kept;
  std::promise<void> arrived;
  const std::shared_future<void> handler_ran(arrived.get_future());
  auto listener = listen(*server, [&](Transport::Request, ReplyFn reply) {
    kept.push_back(std::move(reply));
    arrived.set_value();
  });
  OneReply reply(*world_);
  call(*client, listener->address(), message_of("x"), world_->now() + 1h, reply);
  ASSERT_TRUE(world_->wait_for(handler_ran));
  listener->close(world_->now() + 50ms);
  EXPECT_THAT(reply.code(),
              ::testing::AnyOf(absl::StatusCode::kUnavailable, absl::StatusCode::kCancelled));
  kept.front()(message_of("too late"));
}

}  // namespace
}  // namespace bittensor::testing
