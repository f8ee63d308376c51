// SPDX-License-Identifier: MIT
#include "bittensor/chain/neurons.h"

#include <array>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include <arpa/inet.h>

namespace bittensor {
namespace {

constexpr Rao kRaoPerTao = 1'000'000'000;
constexpr int kDecimals = 9;

absl::uint128 number_of(const unsigned char* bytes, std::size_t size) {
  absl::uint128 number = 0;
  for (std::size_t i = 0; i < size; ++i) number = number << 8 | bytes[i];
  return number;
}

bool all_digits(absl::string_view text) {
  return text.find_first_not_of("0123456789") == absl::string_view::npos;
}

// What the chain refuses as an address that cannot be a neuron's.
bool is_nowhere(absl::uint128 ip, int ip_type) {
  if (ip == 0) return true;
  if (ip_type == 4) return ip == 0x7f000001 || ip == 0xffffffff;
  return ip == 1 || ip == absl::Uint128Max();
}

}  // namespace

std::string tao_text(Rao amount) {
  std::string text = absl::StrFormat("%d.%09d", amount / kRaoPerTao, amount % kRaoPerTao);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return absl::StrCat(text, " TAO");
}

absl::StatusOr<Rao> parse_tao(absl::string_view amount) {
  const absl::Status wrong =
      absl::InvalidArgumentError(absl::StrCat("\"", amount, "\" is no amount of TAO, such as 1.5"));
  const std::size_t point = std::min(amount.find('.'), amount.size());
  const absl::string_view whole = amount.substr(0, point);
  std::string rest(amount.substr(std::min(point + 1, amount.size())));
  Rao tao = 0;
  Rao rao = 0;
  if (!all_digits(whole) || !all_digits(rest) || whole.empty() || rest.size() > kDecimals ||
      (point < amount.size() && rest.empty()) || !absl::SimpleAtoi(whole, &tao)) {
    return wrong;
  }
  rest.resize(kDecimals, '0');
  if (!absl::SimpleAtoi(rest, &rao) || tao > (~Rao{0} - rao) / kRaoPerTao) return wrong;
  return tao * kRaoPerTao + rao;
}

std::string AxonInfo::address() const {
  if (ip == 0 || port == 0) return "";
  std::array<unsigned char, 16> bytes{};
  absl::uint128 number = ip;
  for (std::size_t i = bytes.size(); i-- > 0; number >>= 8) {
    bytes[i] = static_cast<unsigned char>(absl::Uint128Low64(number) & 0xff);
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = ip_type == 4;
  if (v4 && (ip >> 32) != 0) return "";
  inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? bytes.data() + 12 : bytes.data(), text.data(),
            text.size());
  return absl::StrCat(v4 ? "" : "[", text.data(), v4 ? ":" : "]:", port);
}

absl::StatusOr<AxonInfo> AxonInfo::at(absl::string_view address) {
  const auto wrong = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", address, "\" cannot be announced on the chain: ", why));
  };
  const std::size_t colon = address.rfind(':');
  std::uint32_t port = 0;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
      port == 0 || port > 65535) {
    return wrong("it has no port");
  }
  absl::string_view host = address.substr(0, colon);
  AxonInfo axon;
  axon.port = static_cast<std::uint16_t>(port);
  std::array<unsigned char, 16> bytes{};
  const bool v4 = !(absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]"));
  axon.ip_type = v4 ? 4 : 6;
  if (inet_pton(v4 ? AF_INET : AF_INET6, std::string(host).c_str(), bytes.data()) != 1) {
    return wrong("its host is no IP address");
  }
  axon.ip = number_of(bytes.data(), v4 ? 4 : 16);
  if (is_nowhere(axon.ip, axon.ip_type)) return wrong("nobody else could reach it");
  return axon;
}

const ChainNeuron* NeuronSnapshot::find(const AccountId& hotkey) const {
  for (const ChainNeuron& neuron : neurons) {
    if (neuron.hotkey == hotkey) return &neuron;
  }
  return nullptr;
}

}  // namespace bittensor
