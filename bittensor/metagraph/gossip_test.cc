// SPDX-License-Identifier: MIT
//
// What a hostile neighbour can do to a metagraph: nothing.
#include "bittensor/metagraph/gossip.h"

#include <limits>

#include "gtest/gtest.h"

#include "bittensor/metagraph/publisher.h"
#include "bittensor/metagraph/reconcile.h"
#include "bittensor/metagraph/testing/world.h"
#include "bittensor/trust/envelope.h"

namespace bittensor {
namespace {

constexpr char kMethod[] = "bittensor.v1.Metagraph/Gossip";

// One neuron, and a stranger who talks to it.
class GossipTest : public ::testing::Test {
 protected:
  GossipTest() {
    world_.add(0);
    world_.run(std::chrono::seconds(1));
  }

  v1::Record record_of_stranger() {
    v1::Record record;
    record.set_axon_address("192.0.2.1:8091");
    record.set_metagraph_address("192.0.2.1:8092");
    *record.mutable_schema() = to_proto(World::schema());
    record.set_issued_ms(world_.executor().unix_ms());
    record.set_ttl_ms(15'000);
    return record;
  }

  // A statement that a program with no checks of its own could make.
  v1::Statement statement(const Wallet& wallet, v1::Record record) {
    record.set_key(std::string(wallet.key().bytes()));
    v1::Statement statement;
    statement.set_kind(v1::Statement::KIND_RECORD);
    statement.set_body(record.SerializeAsString());
    std::string bytes = "bittensor.v1 statement";
    bytes += '\0';
    bytes += '\1';
    statement.set_signature(wallet.sign(bytes + statement.body()));
    return statement;
  }

  Message seal(const v1::GossipRequest& request, const PublicKey& receiver = PublicKey()) {
    Payload body(request.SerializeAsString());
    auto sealed = seal_request(stranger_, receiver, kMethod, body, world_.executor().unix_ms());
    return {sealed.bytes, body};
  }

  absl::StatusCode send(Message message) {
    absl::StatusCode code = absl::StatusCode::kUnknown;
    transport_->call(world_.at(0).address(), kMethod, std::move(message),
                     world_.executor().now() + std::chrono::seconds(1), kMaxGossipBytes,
                     [&](Transport::Reply reply) { code = reply.status().code(); });
    world_.executor().run();
    return code;
  }

  absl::StatusCode send(const v1::Statement& statement) {
    v1::GossipRequest request;
    *request.add_statements() = statement;
    return send(seal(request));
  }

  std::size_t known() { return world_.at(0).size(); }

  World world_;
  const Wallet stranger_ = world_.make_wallet(100);
  const std::unique_ptr<Transport> transport_ = world_.make_transport();
};

TEST_F(GossipTest, AGoodStatementIsTaken) {
  EXPECT_EQ(send(statement(stranger_, record_of_stranger())), absl::StatusCode::kOk);
  EXPECT_EQ(known(), 1u);
}

// Its address may be a victim's, who is not to get the network's requests.
TEST_F(GossipTest, WhoDidNotAnswerAtItsAddressIsNotAsked) {
  ASSERT_EQ(send(statement(stranger_, record_of_stranger())), absl::StatusCode::kOk);
  world_.run(std::chrono::seconds(5));
  EXPECT_EQ(world_.at(0).proven(), 0u);
  for (const SynapseRecord& synapse : world_.at(0).get_synapses(10)) {
    EXPECT_EQ(synapse.key, world_.wallet(0).key());
  }
}

TEST_F(GossipTest, AnAxonAtAnotherHostThanTheMetagraphIsNotAsked) {
  v1::Record record = record_of_stranger();
  record.set_metagraph_address("127.0.0.1:8092");  // where the stranger calls from
  ASSERT_EQ(send(statement(stranger_, record)), absl::StatusCode::kOk);
  EXPECT_EQ(world_.at(0).proven(), 0u);
  record.set_axon_address("127.0.0.1:8091");
  record.set_issued_ms(record.issued_ms() + 1);
  world_.run(std::chrono::milliseconds(300));
  ASSERT_EQ(send(statement(stranger_, record)), absl::StatusCode::kOk);
  EXPECT_EQ(world_.at(0).proven(), 1u);
}

TEST_F(GossipTest, AFloodOfBadRequestsIsRefusedUnread) {
  Message message = seal(v1::GossipRequest());
  message.envelope.back() ^= 1;
  int unread = 0;
  for (int i = 0; i < 200; ++i) {
    unread += send(message) == absl::StatusCode::kResourceExhausted ? 1 : 0;
  }
  EXPECT_EQ(unread, 150);
}

TEST_F(GossipTest, AnyoneMayPassOnWhatAnotherSigned) {
  EXPECT_EQ(send(statement(world_.make_wallet(101), record_of_stranger())), absl::StatusCode::kOk);
  EXPECT_EQ(known(), 1u);
}

TEST_F(GossipTest, AForgedStatementIsRefusedWithAllThatCameWithIt) {
  v1::GossipRequest request;
  *request.add_statements() = statement(stranger_, record_of_stranger());
  v1::Record claim = record_of_stranger();
  claim.set_key(std::string(world_.make_wallet(101).key().bytes()));
  v1::Statement forged = statement(stranger_, record_of_stranger());
  forged.set_body(claim.SerializeAsString());
  *request.add_statements() = forged;
  EXPECT_EQ(send(seal(request)), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(known(), 0u);
}

TEST_F(GossipTest, FutureExpiredAndMalformedStatementsChangeNothing) {
  v1::Record record = record_of_stranger();
  record.set_issued_ms(world_.executor().unix_ms() + 31'000);
  send(statement(stranger_, record));
  record.set_issued_ms(world_.executor().unix_ms() - 45'000);
  send(statement(stranger_, record));
  record = record_of_stranger();
  record.set_ttl_ms(std::numeric_limits<std::int64_t>::max());
  send(statement(stranger_, record));
  record = record_of_stranger();
  record.set_axon_address(std::string(300, 'a') + ":1");
  send(statement(stranger_, record));
  record = record_of_stranger();
  record.clear_schema();
  send(statement(stranger_, record));
  EXPECT_EQ(known(), 0u);
  EXPECT_EQ(world_.at(0).stats().refused, 5u);
}

TEST_F(GossipTest, TooManyStatementsAndOversizedMessagesAreRefused) {
  v1::GossipRequest request;
  const v1::Statement one = statement(stranger_, record_of_stranger());
  for (int i = 0; i < kMaxStatements + 1; ++i) *request.add_statements() = one;
  EXPECT_EQ(send(seal(request)), absl::StatusCode::kInvalidArgument);
  request.Clear();
  request.add_statements()->set_body(std::string(kMaxGossipBytes, 'x'));
  EXPECT_EQ(send(seal(request)), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(known(), 0u);
}

TEST_F(GossipTest, ARequestWithoutProofIsRefused) {
  v1::GossipRequest request;
  *request.add_statements() = statement(stranger_, record_of_stranger());
  Message message = seal(request);
  message.envelope.clear();
  EXPECT_EQ(send(message), absl::StatusCode::kUnauthenticated);
  message = seal(request);
  message.body = Payload(v1::GossipRequest().SerializeAsString() + "x");
  EXPECT_EQ(send(message), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(known(), 0u);
}

TEST_F(GossipTest, AReplayedOrMisdirectedRequestIsRefused) {
  const Message message = seal(v1::GossipRequest());
  EXPECT_EQ(send(message), absl::StatusCode::kOk);
  EXPECT_EQ(send(message), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(send(seal({}, world_.make_wallet(101).key())), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(send(seal({}, world_.wallet(0).key())), absl::StatusCode::kOk);
}

TEST_F(GossipTest, RubbishUnderAGoodSignatureIsRefused) {
  Payload body(std::string(100, '\xff'));
  auto sealed = seal_request(stranger_, {}, kMethod, body, world_.executor().unix_ms());
  EXPECT_EQ(send(Message{sealed.bytes, body}), absl::StatusCode::kInvalidArgument);
}

TEST_F(GossipTest, ALeaveOfAnEarlierTimeDoesNotRemoveANeuron) {
  v1::Record leave = record_of_stranger();
  leave.set_leaving(true);
  world_.run(std::chrono::seconds(1));
  const v1::Statement later = statement(stranger_, record_of_stranger());
  ASSERT_EQ(send(later), absl::StatusCode::kOk);
  send(statement(stranger_, leave));
  EXPECT_EQ(known(), 1u);
  leave.set_issued_ms(world_.executor().unix_ms() + 1);
  send(statement(stranger_, leave));
  EXPECT_EQ(known(), 0u);
  send(later);  // the dead do not come back
  EXPECT_EQ(known(), 0u);
}

TEST_F(GossipTest, AStatementOfAnEarlierLifeIsOutdone) {
  // The neuron's own key, as its clock ran ahead in an earlier life.
  v1::Record old = record_of_stranger();
  old.set_issued_ms(world_.executor().unix_ms() + 20'000);
  send(statement(world_.wallet(0), old));
  EXPECT_EQ(known(), 0u);
  world_.run(std::chrono::seconds(1));

  v1::GossipRequest want;
  want.add_wanted(Statement::id_of(v1::Statement::KIND_RECORD, world_.wallet(0).key()));
  v1::GossipResponse response;
  transport_->call(world_.at(0).address(), kMethod, seal(want),
                   world_.executor().now() + std::chrono::seconds(1), kMaxGossipBytes,
                   [&](Transport::Reply reply) {
                     ASSERT_TRUE(reply.ok());
                     ASSERT_TRUE(response.ParseFromString(reply->body.flatten()));
                   });
  world_.executor().run();
  ASSERT_EQ(response.statements_size(), 1);
  const auto own = read_statement(response.statements(0), world_.executor().unix_ms());
  ASSERT_TRUE(own.ok());
  EXPECT_EQ((*own)->issued_ms, old.issued_ms() + 1);
  EXPECT_EQ((*own)->axon_address, "127.0.0.1:1000");
}

}  // namespace
}  // namespace bittensor
