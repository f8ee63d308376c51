// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// What a neuron encrypts its connections with (docs/adr/0008). One that has it speaks only to
// others that have it.
struct Tls {
  // Its own certificate and the secret key of that, PEM.
  std::string certificate;
  std::string key;

  // If there are any (PEM): both ends of a connection must show a certificate that one of these
  // authorities vouches for, and the end that is called one of the host that it is called by.
  std::string authorities;

  // If not: who is called may show any certificate (PEM) that this accepts for a message to the
  // neuron of that key (32 bytes; empty: whoever is there). Runs on gRPC's threads.
  std::function<absl::Status(absl::string_view certificate, absl::string_view neuron)> check;
};

}  // namespace bittensor
