// SPDX-License-Identifier: MIT
#include "bittensor/dashboard/access.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include <arpa/inet.h>

namespace bittensor {
namespace {

constexpr std::size_t kMinTokenLength = 16;
constexpr std::size_t kMaxHostLength = 255;

// "[::1]:8093", "localhost:8093", "10.0.0.1" without their ports and brackets.
absl::string_view without_port(absl::string_view host) {
  if (absl::ConsumePrefix(&host, "[")) return host.substr(0, host.find(']'));
  return host.substr(0, host.find(':'));
}

bool is_address(const std::string& host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

// Reads all of `given`, whatever it holds.
bool equal_in_constant_time(absl::string_view expected, absl::string_view given) {
  if (given.size() != expected.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (expected[i] ^ given[i]));
  }
  return difference == 0;
}

// The value of ?name= or &name= in `target`; "" where there is none.
absl::string_view parameter(absl::string_view target, absl::string_view name) {
  const std::size_t mark = target.find('?');
  absl::string_view rest = mark == target.npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    absl::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    if (absl::ConsumePrefix(&pair, name) && absl::ConsumePrefix(&pair, "=")) return pair;
  }
  return "";
}

}  // namespace

bool is_own_host(absl::string_view host, absl::string_view machine) {
  if (host.empty() || host.size() > kMaxHostLength) return false;
  const absl::string_view name = without_port(host);
  return absl::EqualsIgnoreCase(name, "localhost") ||
         (!machine.empty() && absl::EqualsIgnoreCase(name, machine)) ||
         is_address(std::string(name));
}

bool is_own_origin(absl::string_view origin, absl::string_view host) {
  return origin.empty() || absl::EqualsIgnoreCase(origin, absl::StrCat("http://", host));
}

bool has_token(absl::string_view token, absl::string_view authorization, absl::string_view target) {
  if (token.empty()) return true;
  constexpr absl::string_view kScheme = "Bearer ";
  if (absl::StartsWithIgnoreCase(authorization, kScheme)) {
    return equal_in_constant_time(token, authorization.substr(kScheme.size()));
  }
  return equal_in_constant_time(token, parameter(target, "token"));
}

absl::Status check_token(absl::string_view token, absl::string_view listen_ip) {
  if (token.empty()) {
    if (absl::StartsWith(listen_ip, "127.") || listen_ip == "::1") return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("others can reach the dashboard at ", listen_ip,
                     ": --dashboard_token must say what they need to know to read it"));
  }
  const bool plain = std::all_of(token.begin(), token.end(), [](unsigned char letter) {
    return absl::ascii_isalnum(letter) || absl::StrContains("-._~", static_cast<char>(letter));
  });
  if (plain && token.size() >= kMinTokenLength) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--dashboard_token must have at least ", kMinTokenLength,
                   " letters, digits, '-', '.', '_' or '~'; openssl rand -hex 16 makes one"));
}

}  // namespace bittensor
