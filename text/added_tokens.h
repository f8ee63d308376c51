// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "text/encoding.h"

namespace bittensor {

// A token that is found in a text before words are cut, named as in Hugging Face's tokenizer.json.
struct AddedToken {
  std::string content;
  bool single_word = false;  // only where no part of a word is before or after it
  bool lstrip = false;       // takes the white space before it, too
  bool rstrip = false;       // and behind it
  bool normalized = false;   // is looked for in the normalized text
  bool special = true;       // decoding can leave it out
};

// Finds tokens in texts: from the left, the longest first. Immutable; thread-safe.
class AddedTokenFinder {
 public:
  // A token with the text to look for; the text may not be empty.
  struct Target {
    std::string text;
    std::int64_t id = 0;
    AddedToken token;
  };

  explicit AddedTokenFinder(std::vector<Target> targets);

  bool empty() const { return targets_.empty(); }

  // Calls `sink` with the parts of `text` in their order until it returns false: with a token, or
  // with null for what is between tokens. No part is empty.
  void split(absl::string_view text, absl::FunctionRef<bool(TextRange, const Target*)> sink) const;

 private:
  // The one that text[at, ...) begins with; null if none does.
  const Target* longest_at(absl::string_view text, std::size_t at) const;

  // By its text.
  absl::flat_hash_map<std::string, Target> targets_;
  std::vector<std::size_t> lengths_;  // of their texts, longest first
  bool starts_[256] = {};             // bytes that a text begins with
};

}  // namespace bittensor
