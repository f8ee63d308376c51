// SPDX-License-Identifier: MIT
#include "bittensor/trust/envelope.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/unknown_field_set.h"
#include <sodium.h>

#include "bittensor/base/hasher.h"
#include "bittensor/base/sodium.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/trust/mac.h"
#include "bittensor/v1/envelope.pb.h"
#include "bittensor/wallet/secret.h"

namespace bittensor {
namespace {

constexpr absl::string_view kRequest("bittensor.v1 request\0", 21);
constexpr absl::string_view kReply("bittensor.v1 reply\0", 19);
constexpr std::size_t kNonceSize = 16;
constexpr std::size_t kMaxEnvelopeSize = 1024;  // five times what ours need

// An envelope with the bytes of its proof, made or still to be checked.
struct Proven {
  Envelope envelope;
  std::string proof;
};

// What is proved besides the body.
std::string header_of(absl::string_view kind, absl::string_view method, const Envelope& envelope) {
  std::string header = absl::StrCat(kind, method, absl::string_view("\0", 1));
  absl::StrAppend(&header, envelope.sender.bytes(), envelope.receiver.bytes(), envelope.nonce);
  for (int byte = 0; byte < 8; ++byte) {
    header += static_cast<char>(static_cast<std::uint64_t>(envelope.time_ms) >> (8 * byte));
  }
  return header;
}

std::string signed_hash(absl::string_view header, const Payload& body) {
  Hasher hasher;
  hasher.add(header);
  for (const Payload::Slice& slice : body.slices()) hasher.add(slice.bytes);
  return hasher.finish();
}

std::string mac_of(const PairKey& key, absl::string_view header, const Payload& body) {
  Secret once(Mac::kKeySize);
  crypto_generichash(once.bytes(), once.size(), internal::bytes_of(header), header.size(),
                     internal::bytes_of(key.bytes()), key.bytes().size());
  Mac mac(once.view());
  for (const Payload::Slice& slice : body.slices()) mac.add(slice.bytes);
  return mac.finish();
}

std::string serialised(const Proven& proven) {
  v1::Envelope message;
  message.set_sender(std::string(proven.envelope.sender.bytes()));
  message.set_receiver(std::string(proven.envelope.receiver.bytes()));
  message.set_nonce(proven.envelope.nonce);
  message.set_time_ms(proven.envelope.time_ms);
  if (proven.envelope.proof == Proof::kMac) {
    message.set_mac(proven.proof);
  } else {
    message.set_signature(proven.proof);
  }
  return message.SerializeAsString();
}

std::string seal(const Wallet& wallet, absl::string_view kind, absl::string_view method,
                 const Envelope& envelope, const Payload& body) {
  const std::string header = header_of(kind, method, envelope);
  return serialised({envelope, wallet.sign(signed_hash(header, body))});
}

// Signs if there is no code that `receiver` could check.
std::string seal(PairKeys& keys, absl::string_view kind, absl::string_view method,
                 Envelope envelope, const Payload& body) {
  const auto key = keys.with(envelope.receiver);
  if (!key.ok()) return seal(keys.wallet(), kind, method, envelope, body);
  keys.remember(envelope.receiver, *key);
  envelope.proof = Proof::kMac;
  return serialised({envelope, mac_of(*key, header_of(kind, method, envelope), body)});
}

absl::Status refused(absl::string_view why) {
  return absl::UnauthenticatedError(absl::StrCat("envelope ", why));
}

// The proof is still to be checked.
absl::StatusOr<Proven> parse(absl::string_view bytes) {
  if (bytes.empty()) return refused("is missing");
  if (bytes.size() > kMaxEnvelopeSize) {
    return refused(absl::StrCat("of ", bytes.size(), " bytes is too long"));
  }
  v1::Envelope message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return refused("is malformed");
  }
  // What is not proved has no place in it.
  if (!message.GetReflection()->GetUnknownFields(message).empty())
    return refused("has unknown fields");
  const auto sender = PublicKey::from_bytes(message.sender());
  const auto receiver = PublicKey::from_bytes(message.receiver());
  if (!sender.ok() || sender->is_zero()) return refused("names no sender");
  if (!receiver.ok()) return refused("names no receiver");
  if (message.nonce().size() != kNonceSize) return refused("has no nonce of 16 bytes");
  const bool has_mac = !message.mac().empty();
  if (has_mac && !message.signature().empty()) return refused("has two proofs");
  return Proven{{*sender, *receiver, message.nonce(), message.time_ms(),
                 has_mac ? Proof::kMac : Proof::kSignature},
                has_mac ? message.mac() : message.signature()};
}

absl::Status check_signature(const Proven& proven, absl::string_view header, const Payload& body) {
  if (verify(proven.envelope.sender, signed_hash(header, body), proven.proof)) {
    return absl::OkStatus();
  }
  return refused(absl::StrCat("is not signed by ", proven.envelope.sender.short_hex()));
}

absl::Status check_mac(PairKeys& keys, const Proven& proven, absl::string_view header,
                       const Payload& body) {
  const Envelope& envelope = proven.envelope;
  // First what costs nothing.
  if (envelope.receiver != keys.wallet().key()) {
    return refused(absl::StrCat("is for ", envelope.receiver.short_hex()));
  }
  if (proven.proof.size() != Mac::kSize) return refused("has no code of 16 bytes");
  const auto key = keys.with(envelope.sender);
  if (!key.ok()) return refused("names no sender");
  const std::string expected = mac_of(*key, header, body);
  if (sodium_memcmp(expected.data(), proven.proof.data(), Mac::kSize) != 0) {
    return refused(absl::StrCat("is not of ", envelope.sender.short_hex()));
  }
  keys.remember(envelope.sender, *key);
  return absl::OkStatus();
}

absl::Status check(PairKeys& keys, const Proven& proven, absl::string_view header,
                   const Payload& body) {
  if (proven.envelope.proof == Proof::kMac) return check_mac(keys, proven, header, body);
  return check_signature(proven, header, body);
}

Envelope new_request(const PublicKey& sender, const PublicKey& receiver, std::int64_t unix_ms) {
  internal::ensure_sodium();
  std::string nonce(kNonceSize, '\0');
  randombytes_buf(nonce.data(), nonce.size());
  return {sender, receiver, std::move(nonce), unix_ms};
}

// Whether a reply is what was waited for; its proof is checked apart.
absl::Status check_answers(const Envelope& reply, const PublicKey& receiver, const PublicKey& peer,
                           absl::string_view nonce) {
  if (reply.receiver != receiver) {
    return refused(absl::StrCat("is for ", reply.receiver.short_hex()));
  }
  if (!peer.is_zero() && reply.sender != peer) {
    return refused(absl::StrCat("is of ", reply.sender.short_hex(), ", not of ", peer.short_hex()));
  }
  if (reply.nonce != nonce) return refused("answers another request");
  return absl::OkStatus();
}

absl::Status wrong_proof() {
  return refused("has a code where a signature is needed");
}

}  // namespace

SealedRequest seal_request(const Wallet& wallet, const PublicKey& receiver,
                           absl::string_view method, const Payload& body, std::int64_t unix_ms) {
  const Envelope envelope = new_request(wallet.key(), receiver, unix_ms);
  return {seal(wallet, kRequest, method, envelope, body), envelope.nonce};
}

SealedRequest seal_request(PairKeys& keys, const PublicKey& receiver, absl::string_view method,
                           const Payload& body, std::int64_t unix_ms) {
  const Envelope envelope = new_request(keys.wallet().key(), receiver, unix_ms);
  return {seal(keys, kRequest, method, envelope, body), envelope.nonce};
}

std::string seal_reply(const Wallet& wallet, const Envelope& request, absl::string_view method,
                       const Payload& body, std::int64_t unix_ms) {
  const Envelope envelope{wallet.key(), request.sender, request.nonce, unix_ms};
  return seal(wallet, kReply, method, envelope, body);
}

std::string seal_reply(PairKeys& keys, const Envelope& request, absl::string_view method,
                       const Payload& body, std::int64_t unix_ms) {
  if (request.proof == Proof::kSignature) {
    return seal_reply(keys.wallet(), request, method, body, unix_ms);
  }
  const Envelope envelope{keys.wallet().key(), request.sender, request.nonce, unix_ms};
  return seal(keys, kReply, method, envelope, body);
}

absl::StatusOr<Envelope> open_request(absl::string_view envelope, absl::string_view method,
                                      const Payload& body) {
  BITTENSOR_ASSIGN_OR_RETURN(Proven request, parse(envelope));
  if (request.envelope.proof != Proof::kSignature) return wrong_proof();
  const std::string header = header_of(kRequest, method, request.envelope);
  BITTENSOR_RETURN_IF_ERROR(check_signature(request, header, body));
  return request.envelope;
}

absl::StatusOr<Envelope> open_request(PairKeys& keys, absl::string_view envelope,
                                      absl::string_view method, const Payload& body) {
  BITTENSOR_ASSIGN_OR_RETURN(Proven request, parse(envelope));
  const std::string header = header_of(kRequest, method, request.envelope);
  BITTENSOR_RETURN_IF_ERROR(check(keys, request, header, body));
  return request.envelope;
}

absl::StatusOr<Envelope> open_reply(absl::string_view envelope, absl::string_view method,
                                    const Payload& body, const PublicKey& receiver,
                                    const PublicKey& peer, absl::string_view nonce) {
  BITTENSOR_ASSIGN_OR_RETURN(Proven reply, parse(envelope));
  if (reply.envelope.proof != Proof::kSignature) return wrong_proof();
  BITTENSOR_RETURN_IF_ERROR(check_answers(reply.envelope, receiver, peer, nonce));
  const std::string header = header_of(kReply, method, reply.envelope);
  BITTENSOR_RETURN_IF_ERROR(check_signature(reply, header, body));
  return reply.envelope;
}

absl::StatusOr<Envelope> open_reply(PairKeys& keys, absl::string_view envelope,
                                    absl::string_view method, const Payload& body,
                                    const PublicKey& peer, absl::string_view nonce) {
  BITTENSOR_ASSIGN_OR_RETURN(Proven reply, parse(envelope));
  BITTENSOR_RETURN_IF_ERROR(check_answers(reply.envelope, keys.wallet().key(), peer, nonce));
  const std::string header = header_of(kReply, method, reply.envelope);
  BITTENSOR_RETURN_IF_ERROR(check(keys, reply, header, body));
  return reply.envelope;
}

}  // namespace bittensor
