// SPDX-License-Identifier: MIT
#include "bittensor/wallet/derivation.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include <sodium.h>

#include "bittensor/base/sodium.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/sr25519.h"

namespace bittensor {
namespace {

using ChainCode = std::array<std::uint8_t, 32>;
constexpr std::size_t kMaxPart = 1024;  // bytes

absl::Status refused(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the derivation path ", why));
}

// A text in SCALE: its size as a compact number of one or two bytes, and itself.
std::string scale_text(absl::string_view text) {
  if (text.size() < 64)
    return absl::StrCat(std::string(1, static_cast<char>(text.size() << 2)), text);
  const std::size_t size = text.size() << 2 | 1;
  const std::array<char, 2> prefix{static_cast<char>(size), static_cast<char>(size >> 8)};
  return absl::StrCat(absl::string_view(prefix.data(), prefix.size()), text);
}

absl::StatusOr<ChainCode> chain_code_of(absl::string_view part) {
  if (part.empty()) return refused("has an empty part");
  if (part.size() > kMaxPart) return refused("has a part that is too long");
  ChainCode code{};
  if (std::all_of(part.begin(), part.end(), absl::ascii_isdigit)) {
    std::uint64_t number = 0;
    if (!absl::SimpleAtoi(part, &number)) return refused("has a number of 2^64 or more");
    for (std::size_t i = 0; i < 8; ++i) code[i] = static_cast<std::uint8_t>(number >> (8 * i));
    return code;
  }
  const std::string text = scale_text(part);
  if (text.size() <= code.size()) {
    std::copy(text.begin(), text.end(), code.begin());
  } else {
    crypto_generichash(code.data(), code.size(), internal::bytes_of(absl::string_view(text)),
                       text.size(), nullptr, 0);
  }
  return code;
}

Secret ed25519_child(const Secret& seed, const ChainCode& code) {
  Secret text(scale_text("Ed25519HDKD"));
  text.append(seed.view());
  text.append({reinterpret_cast<const char*>(code.data()), code.size()});
  Secret child(32);
  crypto_generichash(child.bytes(), child.size(), text.bytes(), text.size(), nullptr, 0);
  return child;
}

absl::StatusOr<Secret> child_of(KeyScheme scheme, const Secret& seed, const ChainCode& code) {
  if (scheme == KeyScheme::kEd25519) return ed25519_child(seed, code);
  BITTENSOR_ASSIGN_OR_RETURN(const Sr25519KeyPair pair, Sr25519KeyPair::from_seed(seed.view()));
  return pair.hard_child(code);
}

}  // namespace

absl::StatusOr<Secret> derive_seed(KeyScheme scheme, absl::string_view seed,
                                   absl::string_view path) {
  if (seed.size() != 32) {
    return absl::InvalidArgumentError(absl::StrCat("a seed has 32 bytes, not ", seed.size()));
  }
  internal::ensure_sodium();
  Secret derived(seed);
  while (!path.empty()) {
    if (!absl::ConsumePrefix(&path, "//")) return refused("has no \"//\" before a part");
    const absl::string_view part = path.substr(0, path.find('/'));
    BITTENSOR_ASSIGN_OR_RETURN(const ChainCode code, chain_code_of(part));
    BITTENSOR_ASSIGN_OR_RETURN(derived, child_of(scheme, derived, code));
    path.remove_prefix(part.size());
  }
  return derived;
}

}  // namespace bittensor
