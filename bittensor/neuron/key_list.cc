// SPDX-License-Identifier: MIT
#include "bittensor/neuron/key_list.h"

#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace bittensor {

absl::StatusOr<std::set<PublicKey>> keys_in(const std::string& text) {
  if (const auto key = PublicKey::from_hex(text); key.ok()) return std::set<PublicKey>{*key};
  std::ifstream file(text);
  if (!file) {
    return absl::InvalidArgumentError(
        absl::StrCat(text, " is neither a key (64 hexadecimal digits) nor a file of keys"));
  }
  std::set<PublicKey> keys;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const absl::string_view word =
        absl::StripAsciiWhitespace(absl::string_view(line).substr(0, line.find('#')));
    if (word.empty()) continue;
    const auto key = PublicKey::from_hex(word);
    if (!key.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(text, ":", number, ": ", key.status().message()));
    }
    keys.insert(*key);
  }
  return keys;
}

}  // namespace bittensor
