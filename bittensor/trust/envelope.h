// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/base/payload.h"
#include "bittensor/trust/pair_keys.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

// How a message proves its sender; proto/bittensor/v1/envelope.proto says what is computed.
enum class Proof {
  kSignature,  // for anybody to check
  kMac,        // for the receiver to check, at a fraction of the cost
};

// The proof that travels with each message between neurons: who says it, to
// whom, when.
struct Envelope {
  PublicKey sender;
  PublicKey receiver;  // zero: whoever listens
  std::string nonce;   // 16 bytes
  std::int64_t time_ms = 0;
  Proof proof = Proof::kSignature;
};

struct SealedRequest {
  std::string bytes;  // the serialised v1::Envelope
  std::string nonce;  // what the reply must repeat
};

// Signs a request for `receiver`. `body` is the message as it will be sent.
SealedRequest seal_request(const Wallet& wallet, const PublicKey& receiver,
                           absl::string_view method, const Payload& body, std::int64_t unix_ms);

// The same with a code that `receiver` alone can check.
SealedRequest seal_request(PairKeys& keys, const PublicKey& receiver, absl::string_view method,
                           const Payload& body, std::int64_t unix_ms);

// Signs the reply to `request`.
std::string seal_reply(const Wallet& wallet, const Envelope& request, absl::string_view method,
                       const Payload& body, std::int64_t unix_ms);

// Proves the reply to `request` in the way the request was proved.
std::string seal_reply(PairKeys& keys, const Envelope& request, absl::string_view method,
                       const Payload& body, std::int64_t unix_ms);

// Checks form and signature of a request's envelope. kUnauthenticated if it is missing,
// malformed or not the sender's. Receiver, time and nonce are the caller's to judge
// (see ReplayGuard).
absl::StatusOr<Envelope> open_request(absl::string_view envelope, absl::string_view method,
                                      const Payload& body);

// The same for either proof. A code that is for somebody else is kUnauthenticated.
absl::StatusOr<Envelope> open_request(PairKeys& keys, absl::string_view envelope,
                                      absl::string_view method, const Payload& body);

// Checks that `envelope` is the answer, with a signature, of `peer` to the request with
// `nonce` that `receiver` sent. kUnauthenticated if not. A zero `peer` takes any sender.
absl::StatusOr<Envelope> open_reply(absl::string_view envelope, absl::string_view method,
                                    const Payload& body, const PublicKey& receiver,
                                    const PublicKey& peer, absl::string_view nonce);

// The same for either proof, to the owner of `keys`.
absl::StatusOr<Envelope> open_reply(PairKeys& keys, absl::string_view envelope,
                                    absl::string_view method, const Payload& body,
                                    const PublicKey& peer, absl::string_view nonce);

}  // namespace bittensor
