// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// Where a node of a chain is asked.
struct Endpoint {
  bool web_socket = true;  // otherwise HTTP
  bool tls = false;
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
  std::string path = "/";

  // "wss://node.example.org:443/".
  std::string to_string() const;
};

// Reads "ws://HOST[:PORT][/PATH]", or wss, http, https. Without a port it is 80, with TLS 443.
// kInvalidArgument says what is wrong.
absl::StatusOr<Endpoint> parse_endpoint(absl::string_view text);

}  // namespace bittensor
