// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// The tokens that a BERT knows: word pieces, each with the id that is its line number in vocab.txt,
// and tokens that were added to them. A piece that continues a word is written with "##" before
// it. Immutable; thread-safe.
class BertVocabulary {
 public:
  struct Entry {
    std::string token;  // UTF-8
    std::int64_t id = 0;
    bool piece = true;  // words are cut into it
  };

  // A part of a word: vocabulary entry `id`, from the end of the piece before to byte `end`.
  struct Piece {
    std::int64_t id = 0;
    std::size_t end = 0;
  };

  // Of a token that appears twice the later entry counts. kInvalidArgument if two tokens have one
  // id, one is negative, or more ids than tokens are left out.
  static absl::StatusOr<BertVocabulary> create(std::vector<Entry> entries);
  // Reads the content of a vocab.txt: UTF-8, one token per line. kInvalidArgument, with the line,
  // for what is not UTF-8.
  static absl::StatusOr<std::vector<Entry>> entries_of(absl::string_view text);
  static absl::StatusOr<BertVocabulary> parse(absl::string_view text);
  // The same from a file of at most 64 MiB. kNotFound if it cannot be opened.
  static absl::StatusOr<BertVocabulary> load(const std::string& path);

  // Views into the tokens must stay where they are: movable, not copyable.
  BertVocabulary(BertVocabulary&&) = default;
  BertVocabulary& operator=(BertVocabulary&&) = default;
  BertVocabulary(const BertVocabulary&) = delete;
  BertVocabulary& operator=(const BertVocabulary&) = delete;

  std::size_t size() const { return tokens_.size(); }  // the highest id and one more
  std::optional<std::int64_t> id(absl::string_view token) const;
  // Whether words are cut into `token`: not one that was added.
  bool is_piece(absl::string_view token) const { return starts_.contains(token); }
  std::size_t pieces() const { return starts_.size(); }
  // Empty for an id that has none.
  absl::string_view token(std::int64_t id) const;

  // Cuts `word` (UTF-8) into the longest pieces from the left (WordPiece, Wu et al. 2016,
  // arXiv:1609.08144, without going back). False, and `pieces` empty, if it cannot be done.
  bool split(absl::string_view word, std::vector<Piece>& pieces) const;

 private:
  using Ids = absl::flat_hash_map<absl::string_view, std::int64_t>;

  BertVocabulary() = default;

  std::vector<std::string> tokens_;  // by id
  Ids starts_;                       // pieces as they are
  Ids continuations_;                // pieces that begin with "##", without it
  Ids added_;                        // tokens that are no pieces
  std::size_t longest_ = 0;          // bytes of the longest piece
};

}  // namespace bittensor
