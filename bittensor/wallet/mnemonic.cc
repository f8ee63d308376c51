// SPDX-License-Identifier: MIT
#include "bittensor/wallet/mnemonic.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include <sodium.h>

#include "bittensor/base/sodium.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/bip39_words.h"

namespace bittensor {
namespace {

constexpr std::size_t kBitsAWord = 11;
constexpr std::size_t kMaxPhrase = 1024;  // characters, more than 24 words have
constexpr int kPbkdf2Rounds = 2048;

bool is_word_count(std::size_t words) {
  return words >= 12 && words <= 24 && words % 3 == 0;
}
// 32 bits of entropy and one of the checksum in three words.
std::size_t entropy_bytes(std::size_t words) {
  return words / 3 * 4;
}

bool bit_of(const Secret& bytes, std::size_t bit) {
  return (bytes.bytes()[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

// With the byte of which the checksum is the first bits.
Secret with_checksum(absl::string_view entropy) {
  Secret hash(crypto_hash_sha256_BYTES);
  crypto_hash_sha256(hash.bytes(), internal::bytes_of(entropy), entropy.size());
  Secret bytes(entropy);
  bytes.append(hash.view().substr(0, 1));
  return bytes;
}

absl::StatusOr<std::size_t> place_of(absl::string_view word, std::size_t nth) {
  const auto& words = bip39_words();
  const auto found = std::lower_bound(words.begin(), words.end(), word);
  if (found == words.end() || *found != word) {
    return absl::InvalidArgumentError(
        absl::StrCat("word ", nth, " of the phrase is not in BIP-39's English list"));
  }
  return static_cast<std::size_t>(found - words.begin());
}

// PBKDF2 (RFC 8018) with HMAC-SHA512, its first block.
Secret pbkdf2(absl::string_view password, absl::string_view salt) {
  crypto_auth_hmacsha512_state keyed;
  crypto_auth_hmacsha512_init(&keyed, internal::bytes_of(password), password.size());
  Secret round(crypto_auth_hmacsha512_BYTES);
  Secret sum(crypto_auth_hmacsha512_BYTES);
  constexpr std::array<unsigned char, 4> kFirstBlock{0, 0, 0, 1};
  crypto_auth_hmacsha512_state state = keyed;
  crypto_auth_hmacsha512_update(&state, internal::bytes_of(salt), salt.size());
  crypto_auth_hmacsha512_update(&state, kFirstBlock.data(), kFirstBlock.size());
  crypto_auth_hmacsha512_final(&state, round.bytes());
  for (int i = 0;; ++i) {
    for (std::size_t k = 0; k < sum.size(); ++k) sum.bytes()[k] ^= round.bytes()[k];
    if (i == kPbkdf2Rounds - 1) break;
    state = keyed;
    crypto_auth_hmacsha512_update(&state, round.bytes(), round.size());
    crypto_auth_hmacsha512_final(&state, round.bytes());
  }
  internal::wipe(&keyed, sizeof keyed);
  internal::wipe(&state, sizeof state);
  return sum;
}

}  // namespace

absl::StatusOr<Secret> make_mnemonic(int words) {
  if (words < 0 || !is_word_count(static_cast<std::size_t>(words))) {
    return absl::InvalidArgumentError(
        absl::StrCat("a phrase has 12, 15, 18, 21 or 24 words, not ", words));
  }
  internal::ensure_sodium();
  Secret entropy(entropy_bytes(static_cast<std::size_t>(words)));
  randombytes_buf(entropy.data(), entropy.size());
  return mnemonic_of(entropy.view());
}

absl::StatusOr<Secret> mnemonic_of(absl::string_view entropy) {
  const std::size_t words = entropy.size() / 4 * 3;
  if (!is_word_count(words) || entropy.size() != entropy_bytes(words)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the entropy of a phrase has 16, 20, 24, 28 or 32 bytes, not ", entropy.size()));
  }
  internal::ensure_sodium();
  const Secret bytes = with_checksum(entropy);
  Secret phrase;
  for (std::size_t word = 0; word < words; ++word) {
    std::size_t place = 0;
    for (std::size_t bit = 0; bit < kBitsAWord; ++bit) {
      place = place << 1 | static_cast<std::size_t>(bit_of(bytes, kBitsAWord * word + bit));
    }
    if (word > 0) phrase.append(" ");
    phrase.append(bip39_words()[place]);
  }
  return phrase;
}

absl::StatusOr<Secret> entropy_of(absl::string_view phrase) {
  if (phrase.size() > kMaxPhrase) return absl::InvalidArgumentError("the phrase is too long");
  internal::ensure_sodium();
  const std::vector<absl::string_view> words =
      absl::StrSplit(phrase, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  if (!is_word_count(words.size())) {
    return absl::InvalidArgumentError(
        absl::StrCat("a phrase has 12, 15, 18, 21 or 24 words, not ", words.size()));
  }
  Secret bytes(entropy_bytes(words.size()) + 1);
  for (std::size_t word = 0; word < words.size(); ++word) {
    BITTENSOR_ASSIGN_OR_RETURN(const std::size_t place, place_of(words[word], word + 1));
    for (std::size_t i = 0; i < kBitsAWord; ++i) {
      const std::size_t bit = kBitsAWord * word + i;
      const std::size_t value = place >> (kBitsAWord - 1 - i) & 1;
      bytes.bytes()[bit / 8] |= static_cast<unsigned char>(value << (7 - bit % 8));
    }
  }
  Secret entropy(bytes.view().substr(0, bytes.size() - 1));
  const Secret expected = with_checksum(entropy.view());
  for (std::size_t bit = 8 * entropy.size(); bit < kBitsAWord * words.size(); ++bit) {
    if (bit_of(bytes, bit) != bit_of(expected, bit)) {
      return absl::InvalidArgumentError(
          "a word of the phrase is wrong, or not in its place: its checksum differs");
    }
  }
  return entropy;
}

absl::StatusOr<Secret> seed_of_mnemonic(absl::string_view phrase, absl::string_view password) {
  if (!std::all_of(password.begin(), password.end(), absl::ascii_isascii)) {
    return absl::InvalidArgumentError("the password of a phrase is ASCII here");
  }
  BITTENSOR_ASSIGN_OR_RETURN(const Secret entropy, entropy_of(phrase));
  Secret salt(absl::string_view("mnemonic"));
  salt.append(password);
  Secret seed = pbkdf2(entropy.view(), salt.view());
  seed.resize(32);
  return seed;
}

}  // namespace bittensor
