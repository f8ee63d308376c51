// SPDX-License-Identifier: MIT
#include "bittensor/command_line/nearest_word.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace bittensor {
namespace {

// Optimal string alignment: Damerau and Levenshtein's distance without edits of a swapped pair.
std::size_t distance(absl::string_view a, absl::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest_word(absl::string_view typed, const std::vector<std::string>& words) {
  constexpr std::size_t kMaxLength = 40;  // of what could be meant for a command
  constexpr std::size_t kMaxDistance = 2;
  if (typed.size() > kMaxLength) return "";
  std::string nearest;
  std::size_t least = kMaxDistance + 1;
  for (const std::string& word : words) {
    const std::size_t edits = distance(typed, word);
    if (edits >= least || 2 * edits > word.size()) continue;
    least = edits;
    nearest = word;
  }
  return nearest;
}

std::string did_you_mean(absl::string_view typed, const std::vector<std::string>& words) {
  const std::string nearest = nearest_word(typed, words);
  return nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?");
}

}  // namespace bittensor
