// SPDX-License-Identifier: MIT
#include "bittensor/wallet/envelope.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include <sodium.h>

#include "bittensor/v1/envelope.pb.h"

namespace bittensor {
namespace {

constexpr char kMethod[] = "bittensor.v1.Axon/Forward";
constexpr std::int64_t kTime = 1'600'000'000'123;

class EnvelopeTest : public ::testing::Test {
 protected:
  static v1::Envelope parsed(const std::string& bytes) {
    v1::Envelope message;
    EXPECT_TRUE(message.ParseFromString(bytes));
    return message;
  }

  void expect_request_refused(const std::string& bytes) const {
    EXPECT_EQ(open_request(bytes, kMethod, body_).status().code(),
              absl::StatusCode::kUnauthenticated);
  }

  absl::StatusOr<Envelope> reply(const std::string& bytes) const {
    return open_reply(bytes, kMethod, body_, client_.key(), server_.key(), request_.nonce);
  }

  void expect_reply_refused(const std::string& bytes) const {
    EXPECT_EQ(reply(bytes).status().code(), absl::StatusCode::kUnauthenticated);
  }

  const Wallet client_ = Wallet::create();
  const Wallet server_ = Wallet::create();
  const Payload body_{"a mini-batch"};
  const SealedRequest request_ = seal_request(client_, server_.key(), kMethod, body_, kTime);
  const Envelope opened_{client_.key(), server_.key(), request_.nonce, kTime};
  const std::string reply_ = seal_reply(server_, opened_, kMethod, body_, kTime + 1);
};

TEST_F(EnvelopeTest, RequestSaysWhoAndWhen) {
  const auto opened = open_request(request_.bytes, kMethod, body_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->sender, client_.key());
  EXPECT_EQ(opened->receiver, server_.key());
  EXPECT_EQ(opened->nonce, request_.nonce);
  EXPECT_EQ(opened->time_ms, kTime);
}

TEST_F(EnvelopeTest, ReplyRepeatsTheNonce) {
  const auto opened = reply(reply_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->sender, server_.key());
  EXPECT_EQ(opened->receiver, client_.key());
  EXPECT_EQ(opened->nonce, request_.nonce);
}

// Built by hand, as a client in another language would from the .proto file.
TEST_F(EnvelopeTest, SignsWhatTheProtocolSays) {
  std::string text = std::string("bittensor.v1 request") + '\0' + kMethod + '\0';
  text += std::string(client_.key().bytes()) + std::string(server_.key().bytes());
  text += request_.nonce + absl::HexStringToBytes("7b806e8774010000");  // kTime
  text += body_.flatten();
  std::string hash(64, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  EXPECT_EQ(parsed(request_.bytes).signature(), client_.sign(hash));
}

TEST_F(EnvelopeTest, HowTheBodyIsCutDoesNotMatter) {
  Payload pieces("a mini");
  pieces.append(std::string("-batch"));
  EXPECT_TRUE(open_request(request_.bytes, kMethod, pieces).ok());
}

TEST_F(EnvelopeTest, EveryByteOfTheBodyCounts) {
  const std::string body = body_.flatten();
  for (std::size_t i = 0; i < body.size(); ++i) {
    std::string changed = body;
    changed[i] ^= 1;
    EXPECT_FALSE(open_request(request_.bytes, kMethod, Payload(changed)).ok()) << i;
  }
  EXPECT_FALSE(open_request(request_.bytes, kMethod, Payload(body + '\0')).ok());
  EXPECT_FALSE(open_request(request_.bytes, kMethod, Payload()).ok());
}

TEST_F(EnvelopeTest, AnotherMethodIsRefused) {
  EXPECT_FALSE(open_request(request_.bytes, "bittensor.v1.Axon/Backward", body_).ok());
}

TEST_F(EnvelopeTest, EveryFieldIsSigned) {
  v1::Envelope changed = parsed(request_.bytes);
  changed.set_receiver(std::string(Wallet::create().key().bytes()));
  expect_request_refused(changed.SerializeAsString());
  changed = parsed(request_.bytes);
  changed.set_sender(std::string(server_.key().bytes()));
  expect_request_refused(changed.SerializeAsString());
  changed = parsed(request_.bytes);
  changed.set_nonce(std::string(16, 'n'));
  expect_request_refused(changed.SerializeAsString());
  changed = parsed(request_.bytes);
  changed.set_time_ms(kTime + 1);
  expect_request_refused(changed.SerializeAsString());
}

TEST_F(EnvelopeTest, WithoutSignatureIsRefused) {
  expect_request_refused("");
  v1::Envelope changed = parsed(request_.bytes);
  changed.clear_signature();
  expect_request_refused(changed.SerializeAsString());
  changed.set_signature(std::string(64, '\0'));
  expect_request_refused(changed.SerializeAsString());
}

TEST_F(EnvelopeTest, OfNobodyIsRefused) {
  const std::string neutral = "\x01" + std::string(31, '\0');
  v1::Envelope forged = parsed(request_.bytes);
  // Valid for a verifier that takes keys of small order: see Keys.KeysOfSmallOrderSignNothing.
  forged.set_signature(neutral + std::string(32, '\0'));
  for (const std::string& sender : {std::string(), std::string(32, '\0'), neutral}) {
    forged.set_sender(sender);
    expect_request_refused(forged.SerializeAsString());
  }
}

TEST_F(EnvelopeTest, CutAnywhereIsRefused) {
  for (std::size_t size = 0; size < request_.bytes.size(); ++size) {
    expect_request_refused(request_.bytes.substr(0, size));
  }
}

TEST_F(EnvelopeTest, WithUnsignedBytesIsRefused) {
  expect_request_refused(request_.bytes + absl::HexStringToBytes("7a0178"));  // field 15: "x"
  expect_request_refused(request_.bytes + std::string(1024, '\0'));
  expect_request_refused(std::string(2000, '\xff'));
}

TEST_F(EnvelopeTest, FieldsOfOtherLengthsAreRefused) {
  v1::Envelope changed = parsed(request_.bytes);
  changed.set_receiver("");
  expect_request_refused(changed.SerializeAsString());
  changed = parsed(request_.bytes);
  changed.set_nonce(request_.nonce + "n");
  expect_request_refused(changed.SerializeAsString());
}

TEST_F(EnvelopeTest, RequestIsNoReplyNorReplyARequest) {
  // One that the peer itself sent, with the nonce that the client waits for.
  v1::Envelope request = parsed(seal_request(server_, client_.key(), kMethod, body_, kTime).bytes);
  EXPECT_FALSE(open_reply(request.SerializeAsString(), kMethod, body_, client_.key(), server_.key(),
                          request.nonce())
                   .ok());
  expect_request_refused(reply_);
}

TEST_F(EnvelopeTest, ReplyToAnotherRequestIsRefused) {
  Envelope other = opened_;
  other.nonce = std::string(16, 'n');
  expect_reply_refused(seal_reply(server_, other, kMethod, body_, kTime));
}

TEST_F(EnvelopeTest, ReplyToAnotherClientIsRefused) {
  Envelope other = opened_;
  other.sender = Wallet::create().key();
  expect_reply_refused(seal_reply(server_, other, kMethod, body_, kTime));
}

TEST_F(EnvelopeTest, ReplyOfAnotherPeerIsRefusedUnlessAnyWillDo) {
  const std::string foreign = seal_reply(Wallet::create(), opened_, kMethod, body_, kTime);
  expect_reply_refused(foreign);
  EXPECT_TRUE(open_reply(foreign, kMethod, body_, client_.key(), PublicKey(), request_.nonce).ok());
}

TEST_F(EnvelopeTest, NoncesDiffer) {
  EXPECT_NE(seal_request(client_, server_.key(), kMethod, body_, kTime).nonce, request_.nonce);
}

}  // namespace
}  // namespace bittensor
