// SPDX-License-Identifier: MIT
#include "bittensor/transport/address.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include <arpa/inet.h>
#include <netinet/in.h>

namespace bittensor {
namespace {

// Of a DNS name (RFC 1035), of which "[" + name + "]:65535" is the longest address.
constexpr std::size_t kMaxNameBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;

absl::Status refused(absl::string_view text, absl::string_view why) {
  // Cut and escaped: the text may come from a stranger and end in a log.
  return absl::InvalidArgumentError(
      absl::StrCat("address \"", absl::CHexEscape(text.substr(0, 80)), "\": ", why));
}

bool all_digits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

bool is_ipv4(const std::string& host) {
  in_addr parsed;
  return inet_pton(AF_INET, host.c_str(), &parsed) == 1;
}

bool is_ipv6(const std::string& host) {
  in6_addr parsed;
  return inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

bool is_label(absl::string_view label) {
  const auto allowed = [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= kMaxLabelBytes && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), allowed);
}

// RFC 1123, and the underscore that container networks use. The last label is not a
// number, so that a mistyped IPv4 address is not looked up.
bool is_name(absl::string_view host) {
  const std::vector<absl::string_view> labels = absl::StrSplit(host, '.');
  return std::all_of(labels.begin(), labels.end(), is_label) && !all_digits(labels.back());
}

}  // namespace

std::string Address::to_string() const {
  return join_host_port(host, port);
}

std::string join_host_port(absl::string_view host, int port) {
  return is_ipv6(std::string(host)) ? absl::StrCat("[", host, "]:", port)
                                    : absl::StrCat(host, ":", port);
}

absl::StatusOr<Address> parse_address(absl::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return refused(text, "not host:port");
  if (colon > kMaxNameBytes) return refused(text, "too long");
  const absl::string_view host = text.substr(0, colon);
  const absl::string_view port = text.substr(colon + 1);

  Address address;
  std::uint32_t number = 0;
  if (port.empty() || port.size() > 5 || !all_digits(port) || !absl::SimpleAtoi(port, &number) ||
      number > 65535) {
    return refused(text, "the port is not a number from 0 to 65535");
  }
  address.port = static_cast<std::uint16_t>(number);

  address.host = std::string(host);
  if (address.host.find('\0') != std::string::npos) return refused(text, "not a host");
  if (is_ipv4(address.host)) return address;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    address.kind = Address::Kind::kIpv6;
    address.host = std::string(host.substr(1, host.size() - 2));
    if (is_ipv6(address.host)) return address;
  } else if (is_name(host)) {
    address.kind = Address::Kind::kName;
    return address;
  }
  if (is_ipv6(address.host)) return refused(text, "put brackets around the IPv6 address");
  return refused(text, "the host is not an IPv4 address, an [IPv6 address] or a DNS name");
}

}  // namespace bittensor
