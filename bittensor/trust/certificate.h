// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/wallet/secret.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

// What a neuron shows in a TLS handshake: an X.509 certificate and its secret key, both PEM.
struct Certificate {
  std::string pem;
  Secret key;
};

// Anybody can make a certificate; this one is bound to a neuron. It holds a fresh P-256 key, and
// in an extension of its own (kNeuronExtension) the neuron's key with its signature over
//   "bittensor.v1 certificate" NUL, the end of validity (unix seconds, 8 bytes, little endian),
//   the certificate's public key (DER of SubjectPublicKeyInfo).
// So the neuron's key signs nothing that the other end of a handshake chose, and never reaches
// the TLS library (docs/adr/0008). Valid until `not_after`, unix seconds.
Certificate make_certificate(const Wallet& wallet, std::int64_t not_after);

// An object identifier under 2.25, where a random number (UUID) may be taken without asking.
constexpr char kNeuronExtension[] = "2.25.203953417618430918452083619270411958362";

// The neuron that a certificate of make_certificate() is bound to. kUnauthenticated says why there
// is none, or that it is no longer valid at `now`, unix seconds. It proves nothing without a
// handshake in which the other end used the certificate's key.
absl::StatusOr<PublicKey> neuron_of_certificate(absl::string_view pem, std::int64_t now);

// Whether a neuron can use a certificate that somebody else issued: `key` is its key, and a chain
// leads from it to one of `authorities` (all PEM) at `now`. kInvalidArgument says what is wrong.
absl::Status check_certificate(absl::string_view pem, absl::string_view key,
                               absl::string_view authorities, std::int64_t now);

}  // namespace bittensor
