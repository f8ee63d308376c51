// SPDX-License-Identifier: MIT
#include "bittensor/transport/tls.h"

#include <fstream>
#include <iterator>

#include "gmock/gmock.h"

#include "bittensor/transport/grpc/grpc_transport.h"
#include "bittensor/transport/testing/transport_contract.h"

namespace bittensor::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Reply = Transport::Reply;

// Of tests/data/tls, where make.sh says what is what.
std::string data(const std::string& name) {
  std::ifstream file("tests/data/tls/" + name);
  EXPECT_TRUE(file) << name;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Tls of_authority(const std::string& name, const std::string& authority = "authority") {
  return {data(name + ".pem"), data(name + ".key"), data(authority + ".pem"), nullptr};
}

// Nobody vouches for the certificate; `check` decides.
Tls self_made(std::function<absl::Status(absl::string_view, absl::string_view)> check) {
  return {data("neuron.pem"), data("neuron.key"), "", std::move(check)};
}

Tls trusting() {
  return self_made([](absl::string_view, absl::string_view) { return absl::OkStatus(); });
}

std::unique_ptr<Transport> transport_with(std::optional<Tls> tls) {
  GrpcTransport::Options options;
  options.tls = std::move(tls);
  return std::make_unique<GrpcTransport>(options);
}

class TlsWorld final : public ThreadedWorld {
 public:
  std::unique_ptr<Transport> make_transport() override { return transport_with(trusting()); }
};

class AuthorityWorld final : public ThreadedWorld {
 public:
  std::unique_ptr<Transport> make_transport() override {
    return transport_with(of_authority("neuron"));
  }
};

std::unique_ptr<TransportWorld> make_tls_world() {
  return std::make_unique<TlsWorld>();
}

std::unique_ptr<TransportWorld> make_authority_world() {
  return std::make_unique<AuthorityWorld>();
}

INSTANTIATE_TEST_SUITE_P(GrpcTls, TransportContract,
                         ::testing::Values(&make_tls_world, &make_authority_world), no_suffix);

// What a neuron with the one is told by a neuron with the other.
Reply ask(std::optional<Tls> client_tls, std::optional<Tls> server_tls, std::string to = "") {
  TlsWorld world;
  const auto server = transport_with(std::move(server_tls));
  const auto client = transport_with(std::move(client_tls));
  const auto listener = listen(*server, echo);
  const TimePoint start = world.now();
  OneReply reply(world);
  call(*client, listener->address(), Message{"", Payload("hello"), std::move(to)}, start + 20s,
       reply);
  Reply result = reply.get();
  EXPECT_LT(world.now() - start, 5s) << "not told quickly";
  return result;
}

void expect_refused(const Reply& reply, const std::string& why) {
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(reply.status().message()), HasSubstr(why));
}

TEST(GrpcTls, CheckSeesTheCertificateAndWhomTheMessageIsFor) {
  std::string certificate;
  std::string neuron;
  const Tls curious = self_made([&](absl::string_view pem, absl::string_view key) {
    certificate = std::string(pem);
    neuron = std::string(key);
    return absl::OkStatus();
  });
  const Reply reply = ask(curious, trusting(), "a key");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(certificate, data("neuron.pem"));
  EXPECT_EQ(neuron, "a key");
}

TEST(GrpcTls, NothingIsSentToWhomTheCheckRefuses) {
  bool arrived = false;
  const auto server = transport_with(trusting());
  const auto client = transport_with(self_made(
      [](absl::string_view, absl::string_view) { return absl::UnauthenticatedError("not he"); }));
  const auto listener =
      listen(*server, [&](Transport::Request request, const Transport::ReplyFn& reply) {
        arrived = true;
        echo(std::move(request), reply);
      });
  TlsWorld world;
  OneReply reply(world);
  call(*client, listener->address(), Message{"", Payload("secret")}, world.now() + 20s, reply);
  expect_refused(reply.get(), "not he");
  listener->close(world.now());
  EXPECT_FALSE(arrived);
}

// A connection that was made for anybody does not serve a message for one neuron.
TEST(GrpcTls, EachNeuronIsCheckedForItself) {
  const auto server = transport_with(trusting());
  const auto client =
      transport_with(self_made([](absl::string_view, absl::string_view neuron) -> absl::Status {
        if (neuron == "wrong") return absl::UnauthenticatedError("another neuron");
        return absl::OkStatus();
      }));
  const auto listener = listen(*server, echo);
  TlsWorld world;
  for (const char* neuron : {"", "right", "wrong", "right"}) {
    OneReply reply(world);
    call(*client, listener->address(), Message{"", Payload("x"), neuron}, world.now() + 20s, reply);
    EXPECT_EQ(reply.get().ok(), std::string(neuron) != "wrong") << neuron;
  }
}

TEST(GrpcTls, PlainTextToTlsSaysWhatToDo) {
  expect_refused(ask(std::nullopt, trusting()), "start this neuron with --tls, too");
}

TEST(GrpcTls, TlsToPlainTextSaysWhatToDo) {
  expect_refused(ask(trusting(), std::nullopt), "the peer does not speak TLS");
}

TEST(GrpcTls, NeuronsOfOneAuthorityUnderstandEachOther) {
  const Reply reply = ask(of_authority("neuron"), of_authority("neuron"));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->body.flatten(), "hello");
}

TEST(GrpcTls, ServerOfAnotherAuthorityIsRefused) {
  expect_refused(ask(of_authority("neuron"), of_authority("stranger", "other_authority")),
                 "not of this neuron's --tls_ca");
}

TEST(GrpcTls, ServerWithoutAnAuthorityIsRefusedByOneThatHasOne) {
  expect_refused(ask(of_authority("neuron", "other_authority"), trusting()),
                 "not of this neuron's --tls_ca");
}

TEST(GrpcTls, ServerThatHasExpiredIsRefused) {
  expect_refused(ask(of_authority("neuron"), of_authority("expired")), "has expired");
}

TEST(GrpcTls, ServerOfAnotherHostIsRefused) {
  expect_refused(ask(of_authority("neuron"), of_authority("elsewhere")), "Hostname");
}

TEST(GrpcTls, ClientThatTheAuthorityDoesNotKnowIsRefused) {
  Tls stranger = of_authority("stranger");
  for (const Tls& client : {stranger, of_authority("expired"), trusting()}) {
    expect_refused(ask(client, of_authority("neuron")), "certificate of another --tls_ca");
  }
}

}  // namespace
}  // namespace bittensor::testing
