// SPDX-License-Identifier: MIT
#include "bittensor/trust/envelope.h"

#include <algorithm>
#include <string>

#include "gtest/gtest.h"
#include <sodium.h>

#include "bittensor/base/hex.h"
#include "bittensor/trust/replay_guard.h"
#include "bittensor/v1/envelope.pb.h"

namespace bittensor {
namespace {

constexpr char kMethod[] = "bittensor.v1.Axon/Forward";
constexpr std::int64_t kTime = 1'600'000'000'123;

// What holds for either proof.
class EnvelopeTest : public ::testing::TestWithParam<Proof> {
 protected:
  static v1::Envelope parsed(const std::string& bytes) {
    v1::Envelope message;
    EXPECT_TRUE(message.ParseFromString(bytes));
    return message;
  }

  static SealedRequest seal_request_of(const Wallet& sender, const PublicKey& receiver,
                                       const Payload& body) {
    if (GetParam() == Proof::kSignature) {
      return seal_request(sender, receiver, kMethod, body, kTime);
    }
    PairKeys keys(sender);
    return seal_request(keys, receiver, kMethod, body, kTime);
  }

  static std::string seal_reply_of(const Wallet& sender, const Envelope& request,
                                   const Payload& body) {
    PairKeys keys(sender);
    return seal_reply(keys, request, kMethod, body, kTime + 1);
  }

  absl::StatusOr<Envelope> request(const std::string& bytes, const Payload& body,
                                   const char* method = kMethod) {
    return open_request(server_keys_, bytes, method, body);
  }

  void expect_request_refused(const std::string& bytes) {
    EXPECT_EQ(request(bytes, body_).status().code(), absl::StatusCode::kUnauthenticated);
  }

  absl::StatusOr<Envelope> reply(const std::string& bytes) {
    return open_reply(client_keys_, bytes, kMethod, body_, server_.key(), request_.nonce);
  }

  void expect_reply_refused(const std::string& bytes) {
    EXPECT_EQ(reply(bytes).status().code(), absl::StatusCode::kUnauthenticated);
  }

  static void set_proof(v1::Envelope& envelope, const std::string& proof) {
    if (GetParam() == Proof::kMac) {
      envelope.set_mac(proof);
    } else {
      envelope.set_signature(proof);
    }
  }

  const Wallet client_ = Wallet::create();
  const Wallet server_ = Wallet::create();
  PairKeys client_keys_{client_};
  PairKeys server_keys_{server_};
  const Payload body_{"a mini-batch"};
  const SealedRequest request_ = seal_request_of(client_, server_.key(), body_);
  const Envelope opened_{client_.key(), server_.key(), request_.nonce, kTime, GetParam()};
  const std::string reply_ = seal_reply_of(server_, opened_, body_);
};

INSTANTIATE_TEST_SUITE_P(Signature, EnvelopeTest, ::testing::Values(Proof::kSignature));
INSTANTIATE_TEST_SUITE_P(Mac, EnvelopeTest, ::testing::Values(Proof::kMac));

TEST_P(EnvelopeTest, RequestSaysWhoAndWhen) {
  const auto opened = request(request_.bytes, body_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->sender, client_.key());
  EXPECT_EQ(opened->receiver, server_.key());
  EXPECT_EQ(opened->nonce, request_.nonce);
  EXPECT_EQ(opened->time_ms, kTime);
  EXPECT_EQ(opened->proof, GetParam());
}

TEST_P(EnvelopeTest, ReplyRepeatsTheNonceAndTheKindOfProof) {
  const auto opened = reply(reply_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->sender, server_.key());
  EXPECT_EQ(opened->receiver, client_.key());
  EXPECT_EQ(opened->nonce, request_.nonce);
  EXPECT_EQ(opened->proof, GetParam());
}

TEST_P(EnvelopeTest, HowTheBodyIsCutDoesNotMatter) {
  Payload pieces("a mini");
  pieces.append(std::string("-batch"));
  EXPECT_TRUE(request(request_.bytes, pieces).ok());
}

TEST_P(EnvelopeTest, EveryByteOfTheBodyCounts) {
  const std::string body = body_.flatten();
  for (std::size_t i = 0; i < body.size(); ++i) {
    std::string changed = body;
    changed[i] ^= 1;
    EXPECT_FALSE(request(request_.bytes, Payload(changed)).ok()) << i;
  }
  EXPECT_FALSE(request(request_.bytes, Payload(body + '\0')).ok());
  EXPECT_FALSE(request(request_.bytes, Payload()).ok());
}

TEST_P(EnvelopeTest, AnotherMethodIsRefused) {
  EXPECT_FALSE(request(request_.bytes, body_, "bittensor.v1.Axon/Backward").ok());
}

TEST_P(EnvelopeTest, EveryFieldIsProved) {
  v1::Envelope changed = parsed(request_.bytes);
  changed.set_receiver(std::string(Wallet::create().key().bytes()));
  expect_request_refused(changed.SerializeAsString());
  changed = parsed(request_.bytes);
  for (const Wallet& other : {Wallet::create(), Wallet::create()}) {
    changed.set_sender(std::string(other.key().bytes()));
    expect_request_refused(changed.SerializeAsString());
  }
  changed.set_sender(std::string(server_.key().bytes()));
  expect_request_refused(changed.SerializeAsString());
  changed = parsed(request_.bytes);
  changed.set_nonce(std::string(16, 'n'));
  expect_request_refused(changed.SerializeAsString());
  changed = parsed(request_.bytes);
  changed.set_time_ms(kTime + 1);
  expect_request_refused(changed.SerializeAsString());
}

TEST_P(EnvelopeTest, WithoutProofIsRefused) {
  expect_request_refused("");
  v1::Envelope changed = parsed(request_.bytes);
  changed.clear_signature();
  changed.clear_mac();
  expect_request_refused(changed.SerializeAsString());
  for (const std::size_t size : {1, 15, 16, 17, 64}) {
    set_proof(changed, std::string(size, '\0'));
    expect_request_refused(changed.SerializeAsString());
  }
}

TEST_P(EnvelopeTest, OneProofDoesNotStandForTheOther) {
  v1::Envelope changed = parsed(request_.bytes);
  const std::string proof = changed.signature() + changed.mac();
  changed.set_signature(proof);
  changed.set_mac(proof);
  expect_request_refused(changed.SerializeAsString());
  if (GetParam() == Proof::kMac) changed.clear_mac();
  if (GetParam() == Proof::kSignature) changed.clear_signature();
  expect_request_refused(changed.SerializeAsString());
}

TEST_P(EnvelopeTest, OfNobodyIsRefused) {
  const std::string neutral = "\x01" + std::string(31, '\0');
  v1::Envelope forged = parsed(request_.bytes);
  // Valid for a verifier that takes keys of small order: see Keys.KeysOfSmallOrderSignNothing.
  if (GetParam() == Proof::kSignature) forged.set_signature(neutral + std::string(32, '\0'));
  for (const std::string& sender : {std::string(), std::string(32, '\0'), neutral}) {
    forged.set_sender(sender);
    expect_request_refused(forged.SerializeAsString());
  }
}

TEST_P(EnvelopeTest, CutAnywhereIsRefused) {
  for (std::size_t size = 0; size < request_.bytes.size(); ++size) {
    expect_request_refused(request_.bytes.substr(0, size));
  }
}

TEST_P(EnvelopeTest, WithUnprovedBytesIsRefused) {
  expect_request_refused(request_.bytes + *hex_to_bytes("7a0178"));  // field 15: "x"
  expect_request_refused(request_.bytes + std::string(1024, '\0'));
  expect_request_refused(std::string(2000, '\xff'));
}

TEST_P(EnvelopeTest, FieldsOfOtherLengthsAreRefused) {
  v1::Envelope changed = parsed(request_.bytes);
  changed.set_receiver("");
  expect_request_refused(changed.SerializeAsString());
  changed = parsed(request_.bytes);
  changed.set_nonce(request_.nonce + "n");
  expect_request_refused(changed.SerializeAsString());
}

TEST_P(EnvelopeTest, RequestIsNoReplyNorReplyARequest) {
  // One that the peer itself sent, with the nonce that the client waits for.
  const v1::Envelope own = parsed(seal_request_of(server_, client_.key(), body_).bytes);
  EXPECT_FALSE(
      open_reply(client_keys_, own.SerializeAsString(), kMethod, body_, server_.key(), own.nonce())
          .ok());
  expect_request_refused(reply_);
}

TEST_P(EnvelopeTest, OwnMessageComesBackInVain) {
  // A request of the client's, thrown back at it as a request and as the answer.
  EXPECT_FALSE(
      ReplayGuard({}, client_.key()).admit(opened_, kTime, /*allow_any_receiver=*/false).ok());
  expect_reply_refused(request_.bytes);
  v1::Envelope turned = parsed(request_.bytes);
  turned.set_sender(std::string(server_.key().bytes()));
  turned.set_receiver(std::string(client_.key().bytes()));
  EXPECT_FALSE(open_request(client_keys_, turned.SerializeAsString(), kMethod, body_).ok());
  expect_reply_refused(turned.SerializeAsString());
}

TEST_P(EnvelopeTest, ReplyToAnotherRequestIsRefused) {
  Envelope other = opened_;
  other.nonce = std::string(16, 'n');
  expect_reply_refused(seal_reply_of(server_, other, body_));
}

TEST_P(EnvelopeTest, ReplyToAnotherClientIsRefused) {
  Envelope other = opened_;
  other.sender = Wallet::create().key();
  expect_reply_refused(seal_reply_of(server_, other, body_));
}

TEST_P(EnvelopeTest, ReplyOfAnotherPeerIsRefusedUnlessAnyWillDo) {
  const std::string foreign = seal_reply_of(Wallet::create(), opened_, body_);
  expect_reply_refused(foreign);
  EXPECT_TRUE(open_reply(client_keys_, foreign, kMethod, body_, PublicKey(), request_.nonce).ok());
}

TEST_P(EnvelopeTest, NoncesDiffer) {
  EXPECT_NE(seal_request_of(client_, server_.key(), body_).nonce, request_.nonce);
}

// Built by hand, as a client in another language would from the .proto file.
class EnvelopeProtocol : public ::testing::Test {
 protected:
  std::string header(const SealedRequest& request) const {
    std::string text = std::string("bittensor.v1 request") + '\0' + kMethod + '\0';
    text += std::string(client_.key().bytes()) + std::string(server_.key().bytes());
    return text + request.nonce + *hex_to_bytes("7b806e8774010000");  // kTime
  }

  static const unsigned char* raw(const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }

  static std::string blake2b(std::size_t size, const std::string& key, const std::string& text) {
    std::string hash(size, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), size, raw(text), text.size(),
                       raw(key), key.size());
    return hash;
  }

  const Wallet client_ = *Wallet::from_seed(std::string(32, 'c'));
  const Wallet server_ = *Wallet::from_seed(std::string(32, 's'));
  const Payload body_{"a mini-batch"};
  v1::Envelope sealed_;
};

TEST_F(EnvelopeProtocol, SignsWhatItSays) {
  const SealedRequest request = seal_request(client_, server_.key(), kMethod, body_, kTime);
  ASSERT_TRUE(sealed_.ParseFromString(request.bytes));
  EXPECT_EQ(sealed_.signature(), client_.sign(blake2b(64, "", header(request) + body_.flatten())));
}

TEST_F(EnvelopeProtocol, CodesWhatItSays) {
  PairKeys keys(client_);
  const SealedRequest request = seal_request(keys, server_.key(), kMethod, body_, kTime);
  ASSERT_TRUE(sealed_.ParseFromString(request.bytes));

  // As the server computes it.
  std::string scalar(64, '\0');
  const std::string seed(32, 's');
  crypto_hash_sha512(reinterpret_cast<unsigned char*>(scalar.data()), raw(seed), seed.size());
  std::string point(32, '\0');
  const std::string client_key(client_.key().bytes());
  ASSERT_EQ(crypto_sign_ed25519_pk_to_curve25519(reinterpret_cast<unsigned char*>(point.data()),
                                                 raw(client_key)),
            0);
  std::string shared(32, '\0');  // X25519 clamps the scalar itself.
  ASSERT_EQ(
      crypto_scalarmult(reinterpret_cast<unsigned char*>(shared.data()), raw(scalar), raw(point)),
      0);
  const auto [smaller, larger] = std::minmax(client_.key(), server_.key());
  const std::string pair_key =
      blake2b(32, shared,
              std::string("bittensor.v1 pair") + '\0' + std::string(smaller.bytes()) +
                  std::string(larger.bytes()));
  const std::string once = blake2b(32, pair_key, header(request));
  std::string mac(16, '\0');
  const std::string body = body_.flatten();
  crypto_onetimeauth_poly1305(reinterpret_cast<unsigned char*>(mac.data()), raw(body), body.size(),
                              raw(once));
  EXPECT_EQ(sealed_.mac(), mac);
}

TEST_F(EnvelopeProtocol, GossipTakesSignaturesOnly) {
  PairKeys keys(client_);
  const SealedRequest request = seal_request(keys, server_.key(), kMethod, body_, kTime);
  EXPECT_FALSE(open_request(request.bytes, kMethod, body_).ok());
}

TEST_F(EnvelopeProtocol, RequestForWhoeverListensIsSigned) {
  PairKeys keys(client_);
  PairKeys server_keys(server_);
  const SealedRequest request = seal_request(keys, PublicKey(), kMethod, body_, kTime);
  const auto opened = open_request(server_keys, request.bytes, kMethod, body_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->proof, Proof::kSignature);
}

TEST_F(EnvelopeProtocol, WhoProvesNothingIsNotRemembered) {
  PairKeys server_keys(server_);
  const Wallet stranger = Wallet::create();
  PairKeys keys(stranger);
  const SealedRequest request = seal_request(keys, server_.key(), kMethod, body_, kTime);
  EXPECT_FALSE(open_request(server_keys, request.bytes, kMethod, Payload("another")).ok());
  EXPECT_EQ(server_keys.remembered(), 0u);
  EXPECT_TRUE(open_request(server_keys, request.bytes, kMethod, body_).ok());
  EXPECT_EQ(server_keys.remembered(), 1u);
}

}  // namespace
}  // namespace bittensor
