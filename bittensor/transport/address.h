// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// Where a neuron is served: a host and a TCP port.
struct Address {
  enum class Kind { kIpv4, kIpv6, kName };

  Kind kind = Kind::kIpv4;
  std::string host;        // without brackets
  std::uint16_t port = 0;  // 0: any, only to listen at

  // "host:port", the host of IPv6 in brackets.
  std::string to_string() const;
};

// "host:port", for hosts as people write them: a bare IPv6 address, "::1", is put in brackets.
std::string join_host_port(absl::string_view host, int port);

// Reads "192.0.2.1:8091", "[2001:db8::1]:8091" or "neuron.example.org:8091", and
// nothing else: no scheme, no path, no scope. kInvalidArgument says what is wrong.
absl::StatusOr<Address> parse_address(absl::string_view text);

}  // namespace bittensor
