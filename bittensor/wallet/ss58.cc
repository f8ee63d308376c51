// SPDX-License-Identifier: MIT
#include "bittensor/wallet/ss58.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include <sodium.h>

#include "bittensor/base/check.h"
#include "bittensor/base/sodium.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr absl::string_view kLetters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kChecksumSize = 2;
constexpr std::size_t kMaxLetters = 64;  // more than 36 bytes need
constexpr std::uint16_t kPrefixes = 1 << 14;

// A number, the highest digit first, written in base `to` instead of `from`; leading zeros stay.
std::vector<int> to_base(const std::vector<int>& digits, int from, int to) {
  std::vector<int> number;  // the lowest digit first
  for (const int digit : digits) {
    int carried = digit;
    for (int& place : number) {
      carried += place * from;
      place = carried % to;
      carried /= to;
    }
    for (; carried > 0; carried /= to) number.push_back(carried % to);
  }
  const auto first =
      std::find_if(digits.begin(), digits.end(), [](int digit) { return digit > 0; });
  number.insert(number.end(), static_cast<std::size_t>(first - digits.begin()), 0);
  std::reverse(number.begin(), number.end());
  return number;
}

std::string base58(const std::string& bytes) {
  std::vector<int> digits;
  for (const char byte : bytes) digits.push_back(static_cast<unsigned char>(byte));
  std::string text;
  for (const int digit : to_base(digits, 256, 58))
    text += kLetters[static_cast<std::size_t>(digit)];
  return text;
}

absl::Status refused(absl::string_view address, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", address.substr(0, kMaxLetters), "\" is not an SS58 address: ", why));
}

absl::StatusOr<std::string> from_base58(absl::string_view text) {
  if (text.empty() || text.size() > kMaxLetters) {
    return refused(text, absl::StrCat(text.size(), " letters"));
  }
  std::vector<int> digits;
  for (const char letter : text) {
    const std::size_t digit = kLetters.find(letter);
    if (digit == absl::string_view::npos) return refused(text, "a letter that is not base58's");
    digits.push_back(static_cast<int>(digit));
  }
  std::string bytes;
  for (const int byte : to_base(digits, 58, 256)) bytes += static_cast<char>(byte);
  return bytes;
}

std::string prefix_bytes(std::uint16_t prefix) {
  if (prefix < 64) return std::string(1, static_cast<char>(prefix));
  const char first = static_cast<char>((prefix & 0xfc) >> 2 | 0x40);
  const char second = static_cast<char>(prefix >> 8 | (prefix & 3) << 6);
  return {first, second};
}

std::string checksum_of(const std::string& bytes) {
  internal::ensure_sodium();
  const std::string text = absl::StrCat("SS58PRE", bytes);
  std::string hash(64, '\0');
  crypto_generichash(internal::bytes_of(hash), hash.size(),
                     internal::bytes_of(absl::string_view(text)), text.size(), nullptr, 0);
  return hash.substr(0, kChecksumSize);
}

}  // namespace

std::string ss58_encode(const std::array<std::uint8_t, 32>& key, std::uint16_t prefix) {
  BITTENSOR_CHECK(prefix < kPrefixes) << prefix;
  std::string bytes = prefix_bytes(prefix);
  bytes.append(reinterpret_cast<const char*>(key.data()), key.size());
  return base58(bytes + checksum_of(bytes));
}

absl::StatusOr<std::array<std::uint8_t, 32>> ss58_decode(absl::string_view address,
                                                         std::uint16_t prefix) {
  BITTENSOR_CHECK(prefix < kPrefixes) << prefix;
  BITTENSOR_ASSIGN_OR_RETURN(const std::string bytes, from_base58(address));
  const std::size_t prefix_size = (static_cast<unsigned char>(bytes.front()) & 0x40) != 0 ? 2 : 1;
  if (bytes.size() != prefix_size + kKeySize + kChecksumSize) {
    return refused(address, absl::StrCat("it is of ", bytes.size(), " bytes"));
  }
  const std::string content = bytes.substr(0, prefix_size + kKeySize);
  if (bytes.substr(content.size()) != checksum_of(content)) {
    return refused(address, "a letter is wrong or missing (its checksum differs)");
  }
  if (content.substr(0, prefix_size) != prefix_bytes(prefix)) {
    return refused(address, absl::StrCat("it is of another chain, not of prefix ", prefix));
  }
  std::array<std::uint8_t, 32> key{};
  std::copy(content.begin() + static_cast<std::ptrdiff_t>(prefix_size), content.end(), key.begin());
  return key;
}

std::string ss58_address(const PublicKey& key) {
  std::array<std::uint8_t, 32> bytes{};
  std::copy_n(key.bytes().begin(), bytes.size(), bytes.begin());
  return ss58_encode(bytes);
}

absl::StatusOr<PublicKey> key_of_ss58(absl::string_view address) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto key, ss58_decode(address));
  return PublicKey::from_bytes({reinterpret_cast<const char*>(key.data()), key.size()});
}

}  // namespace bittensor
