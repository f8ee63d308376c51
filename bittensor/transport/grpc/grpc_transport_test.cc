// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/grpc_transport.h"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bittensor/transport/address.h"
#include "bittensor/transport/testing/held_port.h"
#include "bittensor/transport/testing/transport_contract.h"

namespace bittensor::testing {
namespace {

using namespace std::chrono_literals;
using Reply = Transport::Reply;
using ReplyFn = Transport::ReplyFn;

class GrpcWorld final : public ThreadedWorld {
 public:
  std::unique_ptr<Transport> make_transport() override { return std::make_unique<GrpcTransport>(); }
};

std::unique_ptr<TransportWorld> make_grpc_world() {
  return std::make_unique<GrpcWorld>();
}

INSTANTIATE_TEST_SUITE_P(Grpc, TransportContract, ::testing::Values(&make_grpc_world), no_suffix);

class Grpc : public ::testing::Test {
 protected:
  // Calls any method and waits.
  Reply ask(const std::string& address, const std::string& method, std::string body,
            Duration patience = 10s) {
    OneReply reply(world_);
    client_.call(address, method, Message{"", Payload(std::move(body))}, world_.now() + patience,
                 kMaxBytes, reply.fn());
    reply.call_returned();
    return reply.get();
  }

  GrpcWorld world_;
  GrpcTransport server_;
  GrpcTransport client_;
};

sockaddr_in loopback() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A TCP port that says `words` to each connection and reads what comes until it ends.
class StrangeServer {
 public:
  explicit StrangeServer(const std::string& words) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback();
    socklen_t length = sizeof address;
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(::listen(fd_, 10), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this, words] {
      for (int client; (client = accept(fd_, nullptr, nullptr)) >= 0; ::close(client)) {
        send(client, words.data(), words.size(), MSG_NOSIGNAL);  // It may be gone already.
        shutdown(client, SHUT_WR);
        char ignored[1000];
        while (read(client, ignored, sizeof ignored) > 0) continue;
      }
    });
  }
  ~StrangeServer() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  const std::string& address() const { return address_; }

 private:
  const int fd_;
  std::string address_;
  std::thread thread_;
};

TEST_F(Grpc, BytesThatArriveAreThoseOfTheSocket) {
  auto listener = listen(server_, echo);
  const std::string sent(3 * 1024 * 1024, 'x');
  const Reply reply = ask(listener->address(), kMethod, sent);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_GT(reply->body.slices().size(), 1u);
  EXPECT_TRUE(reply->body.flatten() == sent);
}

TEST_F(Grpc, BytesThatLeaveAreReleasedOnceSent) {
  auto listener = listen(server_, echo);
  auto owner = std::make_shared<const std::string>(1'000'000, 'x');
  const std::weak_ptr<const std::string> watch = owner;
  Message message;
  message.body.append(*owner, owner);
  owner.reset();
  {
    OneReply reply(world_);
    call(client_, listener->address(), std::move(message), world_.now() + 10s, reply);
    ASSERT_TRUE(reply.get().ok()) << reply.get().status();
  }
  listener->close(world_.now());
  client_.close();
  while (!watch.expired()) std::this_thread::yield();
}

TEST_F(Grpc, DeadPeerIsKnownAtOnce) {
  const TimePoint start = world_.now();
  const Reply reply = ask("127.0.0.1:1", kMethod, "x", 10s);
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(reply.status().message().find("127.0.0.1:1"), absl::string_view::npos)
      << reply.status();
  EXPECT_LT(world_.now() - start, 5s);
}

TEST_F(Grpc, PeerThatRestartsIsReachedAgain) {
  const HeldPort held;
  const std::string address = held.address();
  auto listener = server_.listen(address, {kMethod}, kMaxBytes, echo);
  ASSERT_TRUE(listener.ok()) << listener.status();
  ASSERT_TRUE(ask(address, kMethod, "x").ok());
  listener->reset();
  ASSERT_EQ(ask(address, kMethod, "x").status().code(), absl::StatusCode::kUnavailable);

  auto again = server_.listen(address, {kMethod}, kMaxBytes, echo);
  ASSERT_TRUE(again.ok()) << again.status();
  const TimePoint start = world_.now();
  while (!ask(address, kMethod, "x").ok() && world_.now() - start < 10s) std::this_thread::yield();
  EXPECT_LT(world_.now() - start, 5s);
}

TEST_F(Grpc, WebServerIsUnavailable) {
  const StrangeServer web("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  const Reply reply = ask(web.address(), kMethod, "x");
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable) << reply.status();
}

TEST_F(Grpc, ServerOfNoiseIsUnavailable) {
  const StrangeServer noise(std::string(1000, '\xff'));
  const Reply reply = ask(noise.address(), kMethod, "x");
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable) << reply.status();
}

TEST_F(Grpc, ServerThatClosesIsUnavailable) {
  const StrangeServer mute("");
  const Reply reply = ask(mute.address(), kMethod, "x");
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable) << reply.status();
}

TEST_F(Grpc, ReplyBeyondTheLimitOfTheTransportIsRefused) {
  auto listener = listen(server_, echo);
  GrpcTransport::Options options;
  options.max_reply_bytes = 1000;
  GrpcTransport modest(options);
  OneReply reply(world_);
  call(modest, listener->address(), Message{"", Payload(std::string(2000, 'x'))},
       world_.now() + 10s, reply);
  EXPECT_EQ(reply.code(), absl::StatusCode::kResourceExhausted) << reply.get().status();
}

TEST_F(Grpc, MorePeersThanConnections) {
  GrpcTransport::Options options;
  options.max_connections = 2;
  GrpcTransport modest(options);
  std::vector<std::unique_ptr<Transport::Listener>> listeners;
  for (int i = 0; i < 4; ++i) listeners.push_back(listen(server_, echo));
  for (int round = 0; round < 2; ++round) {
    for (const auto& listener : listeners) {
      OneReply reply(world_);
      call(modest, listener->address(), Message{}, world_.now() + 10s, reply);
      EXPECT_TRUE(reply.get().ok()) << reply.get().status();
    }
  }
}

TEST_F(Grpc, NameAndIpv6AreReached) {
  auto listener = server_.listen("[::1]:0", {kMethod}, kMaxBytes, echo);
  if (!listener.ok()) GTEST_SKIP() << "no IPv6 here: " << listener.status();
  const std::string port = (*listener)->address().substr((*listener)->address().rfind(':'));
  EXPECT_TRUE(ask("[::1]" + port, kMethod, "x").ok());
  EXPECT_TRUE(ask("localhost" + port, kMethod, "x").ok());
}

TEST_F(Grpc, ProxyOfTheEnvironmentIsNotForPeers) {
  auto listener = listen(server_, echo);
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  const Reply reply = ask(listener->address(), kMethod, "x");
  unsetenv("http_proxy");
  EXPECT_TRUE(reply.ok()) << reply.status();
}

TEST_F(Grpc, AddressThatIsNotOursIsRefused) {
  const auto listener = server_.listen("192.0.2.1:0", {kMethod}, kMaxBytes, echo);
  EXPECT_EQ(listener.status().code(), absl::StatusCode::kInvalidArgument) << listener.status();
}

TEST_F(Grpc, MethodWithoutAServiceIsRefused) {
  for (const char* method : {"", "Forward", "/Forward", "bittensor.v1.Axon/"}) {
    const auto listener = server_.listen("127.0.0.1:0", {method}, kMaxBytes, echo);
    EXPECT_EQ(listener.status().code(), absl::StatusCode::kInvalidArgument) << method;
  }
}

TEST_F(Grpc, CloseLetsWhatIsUnderWayReply) {
  std::promise<ReplyFn> arrived;
  auto listener = listen(server_, [&](Transport::Request request, ReplyFn reply) {
    if (request.message.body.size() > 0) return reply(Message{});
    arrived.set_value(std::move(reply));
  });
  OneReply reply(world_);
  call(client_, listener->address(), Message{}, world_.now() + 20s, reply);
  const ReplyFn late = arrived.get_future().get();
  std::thread closing([&] { listener->close(world_.now() + 20s); });
  while (ask(listener->address(), kMethod, "still open?").ok()) continue;
  late(Message{"", Payload("in time")});
  closing.join();
  ASSERT_TRUE(reply.get().ok()) << reply.get().status();
  EXPECT_EQ(reply.get()->body.flatten(), "in time");
}

TEST_F(Grpc, CompressedMessageIsRefusedUnopened) {
  auto listener = listen(server_, echo);
  grpc::GenericStub stub(
      grpc::CreateChannel(listener->address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  const grpc::Slice zeros(std::string(100'000, '\0'));
  const grpc::ByteBuffer request(&zeros, 1);
  grpc::ByteBuffer reply;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, std::string("/") + kMethod, grpc::StubOptions(), &request, &reply,
                 [&](grpc::Status status) { done.set_value(std::move(status)); });
  EXPECT_EQ(done.get_future().get().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(Grpc, NoiseFromAStrangerLeavesTheOthersAlone) {
  auto listener = listen(server_, echo);
  sockaddr_in address = loopback();
  address.sin_port =
      htons(std::stoi(listener->address().substr(listener->address().find(':') + 1)));
  const std::string http2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  for (const std::string& noise : {std::string(1000, '\xff'), std::string("GET / HTTP/1.1\r\n\r\n"),
                                   http2 + std::string(1000, '\xff'), http2}) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(send(fd, noise.data(), noise.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(noise.size()));
    EXPECT_TRUE(ask(listener->address(), kMethod, "x").ok());
    ::close(fd);
  }
  EXPECT_TRUE(ask(listener->address(), kMethod, "x").ok());
}

TEST_F(Grpc, HandlerThatThrowsIsAnErrorOfItsCallAlone) {
  auto listener = listen(server_, [](Transport::Request request, const ReplyFn& reply) {
    if (request.message.body.size() == 0) throw std::runtime_error("out of luck");
    echo(std::move(request), reply);
  });
  EXPECT_EQ(ask(listener->address(), kMethod, "").status().code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(ask(listener->address(), kMethod, "x").ok());
}

TEST_F(Grpc, ReplyMayCallAgain) {
  auto listener = listen(server_, echo);
  OneReply second(world_);
  client_.call(listener->address(), kMethod, Message{}, world_.now() + 10s, kMaxBytes,
               [&](const Reply&) {
                 client_.call(listener->address(), kMethod, Message{}, world_.now() + 10s,
                              kMaxBytes, second.fn());
               });
  second.call_returned();
  EXPECT_TRUE(second.get().ok()) << second.get().status();
}

TEST_F(Grpc, DestructorWaitsForTheReplies) {
  auto listener = listen(server_, [](Transport::Request request, const ReplyFn& reply) {
    std::this_thread::yield();
    echo(std::move(request), reply);
  });
  std::atomic<int> replies{0};
  {
    GrpcTransport client;
    for (int i = 0; i < 100; ++i) {
      client.call(i % 2 == 0 ? listener->address() : "no address", kMethod, Message{},
                  world_.now() + 10s, kMaxBytes, [&](const Reply&) { ++replies; });
    }
  }
  EXPECT_EQ(replies, 100);
}

// gRPC's own listener would never serve again.
TEST_F(Grpc, OutOfFilesItTurnsAwayAndServesAgainWhenThereAreSome) {
  auto listener = listen(server_, echo);
  ASSERT_TRUE(ask(listener->address(), kMethod, "before").ok());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(0);
  close(next);
  const rlimit few{static_cast<rlim_t>(next) + 60, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);

  sockaddr_in address = loopback();
  address.sin_port = htons(static_cast<std::uint16_t>(parse_address(listener->address())->port));
  std::vector<int> strangers;
  for (int i = 0; i < 200; ++i) {
    const int stranger = socket(AF_INET, SOCK_STREAM, 0);
    if (stranger < 0) break;  // Out of files: here, and so there.
    strangers.push_back(stranger);
    connect(stranger, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  EXPECT_GT(strangers.size(), 20u);
  for (const int stranger : strangers) close(stranger);
  EXPECT_TRUE(ask(listener->address(), kMethod, "after").ok());
  GrpcTransport newcomer;
  OneReply reply(world_);
  newcomer.call(listener->address(), kMethod, Message{"", Payload("new")}, world_.now() + 10s,
                kMaxBytes, reply.fn());
  reply.call_returned();
  EXPECT_TRUE(reply.get().ok());
  setrlimit(RLIMIT_NOFILE, &before);
}

// The two services below are called as the unary methods that they look like on the wire.
TEST_F(Grpc, HealthIsServing) {
  auto listener = listen(server_, echo);
  const std::string whole_server;
  const std::string axon(
      "\x0a\x11"
      "bittensor.v1.Axon");
  for (const std::string& request : {whole_server, axon}) {
    const Reply reply = ask(listener->address(), "grpc.health.v1.Health/Check", request);
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->body.flatten(), "\x08\x01");  // HealthCheckResponse{status: SERVING}
  }
}

TEST_F(Grpc, HealthOfWhatIsNotServedIsNotFound) {
  auto listener = listen(server_, echo);
  for (const std::string& request : {std::string("\x0a\x01x"), std::string("\xff noise")}) {
    EXPECT_EQ(ask(listener->address(), "grpc.health.v1.Health/Check", request).status().code(),
              absl::StatusCode::kNotFound);
  }
}

// A call that nobody waits for any more goes, whoever keeps its ReplyFn: close() waits for calls.
TEST_F(Grpc, CallerThatIsGoneIsNotWaitedForAtClose) {
  std::promise<ReplyFn> arrived;
  auto listener = listen(
      server_, [&](Transport::Request, ReplyFn reply) { arrived.set_value(std::move(reply)); });
  ReplyFn kept;
  {
    GrpcTransport client;
    client.call(listener->address(), kMethod, Message{}, world_.now() + 1h, kMaxBytes,
                [](const Reply&) {});
    kept = arrived.get_future().get();
  }
  const TimePoint start = world_.now();
  listener->close(start + 20s);
  EXPECT_LT(world_.now() - start, 10s);
  kept(Message{"", Payload("too late")});
}

TEST_F(Grpc, ReflectionListsTheServices) {
  auto listener = listen(server_, echo);
  const Reply reply =
      ask(listener->address(), "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
          "\x3a\x01*");  // ServerReflectionRequest{list_services: "*"}
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_NE(reply->body.flatten().find("bittensor.v1.Axon"), std::string::npos);
}

}  // namespace
}  // namespace bittensor::testing
