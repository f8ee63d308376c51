// SPDX-License-Identifier: MIT
#include "bittensor/chain/rpc/endpoint.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace bittensor {
namespace {

absl::Status wrong(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is no endpoint of a chain: ", why));
}

// Nothing that could end a line or a header of HTTP.
bool is_plain(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isgraph(c); });
}

}  // namespace

std::string Endpoint::to_string() const {
  const bool brackets = host.find(':') != std::string::npos;
  return absl::StrCat(web_socket ? "ws" : "http", tls ? "s" : "", "://", brackets ? "[" : "", host,
                      brackets ? "]" : "", ":", port, path);
}

absl::StatusOr<Endpoint> parse_endpoint(absl::string_view text) {
  if (!is_plain(text)) return wrong(text, "it has spaces or signs that are none");
  Endpoint endpoint;
  const std::size_t colon = text.find("://");
  const absl::string_view scheme = text.substr(0, std::min(colon, text.size()));
  endpoint.web_socket = scheme == "ws" || scheme == "wss";
  endpoint.tls = scheme == "wss" || scheme == "https";
  if (colon == absl::string_view::npos ||
      !(endpoint.web_socket || scheme == "http" || scheme == "https")) {
    return wrong(text, "it does not begin with ws://, wss://, http:// or https://");
  }
  absl::string_view rest = text.substr(colon + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  if (slash < rest.size()) endpoint.path = std::string(rest.substr(slash));
  rest = rest.substr(0, slash);

  const bool brackets = !rest.empty() && rest.front() == '[';
  const std::size_t end = brackets ? rest.find(']') : std::min(rest.find(':'), rest.size());
  if (end == absl::string_view::npos) return wrong(text, "a bracket is not closed");
  endpoint.host = std::string(rest.substr(brackets ? 1 : 0, end - (brackets ? 1 : 0)));
  if (endpoint.host.empty()) return wrong(text, "it has no host");
  if (endpoint.host.find('@') != std::string::npos) return wrong(text, "it names a user");
  rest.remove_prefix(end + (brackets ? 1 : 0));
  endpoint.port = endpoint.tls ? 443 : 80;
  if (rest.empty()) return endpoint;
  std::uint32_t port = 0;
  if (rest.front() != ':' || !absl::SimpleAtoi(rest.substr(1), &port) || port == 0 ||
      port > 65535) {
    return wrong(text, "its port is none");
  }
  endpoint.port = static_cast<std::uint16_t>(port);
  return endpoint;
}

}  // namespace bittensor
