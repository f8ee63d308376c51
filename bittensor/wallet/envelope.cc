// SPDX-License-Identifier: MIT
#include "bittensor/wallet/envelope.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "google/protobuf/unknown_field_set.h"
#include <sodium.h>

#include "bittensor/base/status_macros.h"
#include "bittensor/v1/envelope.pb.h"
#include "bittensor/wallet/hasher.h"
#include "bittensor/wallet/sodium.h"

namespace bittensor {
namespace {

constexpr absl::string_view kRequest = "bittensor.v1 request";
constexpr absl::string_view kReply = "bittensor.v1 reply";
constexpr std::size_t kNonceSize = 16;
constexpr std::size_t kMaxEnvelopeSize = 1024;  // five times what ours need

void add_with_zero_byte(Hasher& hasher, absl::string_view text) {
  hasher.add(text);
  hasher.add(absl::string_view("\0", 1));
}

void add_little_endian(Hasher& hasher, std::int64_t value) {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
  hasher.add({bytes.data(), bytes.size()});
}

std::string signed_hash(absl::string_view kind, absl::string_view method, const Envelope& envelope,
                        const Payload& body) {
  Hasher hasher;
  add_with_zero_byte(hasher, kind);
  add_with_zero_byte(hasher, method);
  hasher.add(envelope.sender.bytes());
  hasher.add(envelope.receiver.bytes());
  hasher.add(envelope.nonce);
  add_little_endian(hasher, envelope.time_ms);
  for (const Payload::Slice& slice : body.slices()) hasher.add(slice.bytes);
  return hasher.finish();
}

std::string seal(const Wallet& wallet, absl::string_view kind, absl::string_view method,
                 const Envelope& envelope, const Payload& body) {
  v1::Envelope message;
  message.set_sender(std::string(envelope.sender.bytes()));
  message.set_receiver(std::string(envelope.receiver.bytes()));
  message.set_nonce(envelope.nonce);
  message.set_time_ms(envelope.time_ms);
  message.set_signature(wallet.sign(signed_hash(kind, method, envelope, body)));
  return message.SerializeAsString();
}

absl::Status refused(absl::string_view why) {
  return absl::UnauthenticatedError(absl::StrCat("envelope ", why));
}

// Fills `envelope`; the signature is still to be checked.
absl::Status parse(absl::string_view bytes, Envelope& envelope, std::string& signature) {
  if (bytes.empty()) return refused("is missing");
  if (bytes.size() > kMaxEnvelopeSize) {
    return refused(absl::StrCat("of ", bytes.size(), " bytes is too long"));
  }
  v1::Envelope message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return refused("is malformed");
  }
  // What is not signed has no place in it.
  if (!message.GetReflection()->GetUnknownFields(message).empty())
    return refused("has unknown fields");
  const auto sender = PublicKey::from_bytes(message.sender());
  const auto receiver = PublicKey::from_bytes(message.receiver());
  if (!sender.ok() || sender->is_zero()) return refused("names no sender");
  if (!receiver.ok()) return refused("names no receiver");
  if (message.nonce().size() != kNonceSize) return refused("has no nonce of 16 bytes");
  envelope = {*sender, *receiver, message.nonce(), message.time_ms()};
  signature = message.signature();
  return absl::OkStatus();
}

absl::StatusOr<Envelope> open(absl::string_view bytes, absl::string_view kind,
                              absl::string_view method, const Payload& body) {
  Envelope envelope;
  std::string signature;
  BITTENSOR_RETURN_IF_ERROR(parse(bytes, envelope, signature));
  if (!verify(envelope.sender, signed_hash(kind, method, envelope, body), signature)) {
    return refused(absl::StrCat("is not signed by ", envelope.sender.short_hex()));
  }
  return envelope;
}

}  // namespace

SealedRequest seal_request(const Wallet& wallet, const PublicKey& receiver,
                           absl::string_view method, const Payload& body, std::int64_t unix_ms) {
  internal::ensure_sodium();
  std::string nonce(kNonceSize, '\0');
  randombytes_buf(nonce.data(), nonce.size());
  const Envelope envelope{wallet.key(), receiver, nonce, unix_ms};
  return {seal(wallet, kRequest, method, envelope, body), nonce};
}

std::string seal_reply(const Wallet& wallet, const Envelope& request, absl::string_view method,
                       const Payload& body, std::int64_t unix_ms) {
  const Envelope envelope{wallet.key(), request.sender, request.nonce, unix_ms};
  return seal(wallet, kReply, method, envelope, body);
}

absl::StatusOr<Envelope> open_request(absl::string_view envelope, absl::string_view method,
                                      const Payload& body) {
  return open(envelope, kRequest, method, body);
}

absl::StatusOr<Envelope> open_reply(absl::string_view envelope, absl::string_view method,
                                    const Payload& body, const PublicKey& receiver,
                                    const PublicKey& peer, absl::string_view nonce) {
  BITTENSOR_ASSIGN_OR_RETURN(Envelope reply, open(envelope, kReply, method, body));
  if (reply.receiver != receiver) {
    return refused(absl::StrCat("is for ", reply.receiver.short_hex()));
  }
  if (!peer.is_zero() && reply.sender != peer) {
    return refused(absl::StrCat("is of ", reply.sender.short_hex(), ", not of ", peer.short_hex()));
  }
  if (reply.nonce != nonce) return refused("answers another request");
  return reply;
}

}  // namespace bittensor
