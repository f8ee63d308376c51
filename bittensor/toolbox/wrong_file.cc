// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/wrong_file.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace bittensor {
namespace {

constexpr std::pair<absl::string_view, absl::string_view> kBeginnings[] = {
    {"version https://git-lfs", "a Git LFS pointer, not the file itself: git lfs pull fetches it"},
    {"GGUF",
     "a GGUF file, of llama.cpp: its numbers are quantized; take the model that it was made from"},
    {"\x89HDF\r\n\x1a\n", "a Keras file (HDF5): save it with PyTorch"},
    {"\x1f\x8b", "compressed with gzip: unpack it first"},
};

}  // namespace

std::string what_it_is(absl::string_view bytes) {
  if (bytes.empty()) return "empty: was it fetched to its end?";
  for (const auto& [beginning, what] : kBeginnings) {
    if (absl::StartsWith(bytes, beginning)) return std::string(what);
  }
  constexpr std::size_t kLook = 256;
  const absl::string_view text = absl::StripLeadingAsciiWhitespace(bytes.substr(0, kLook));
  if (absl::StartsWithIgnoreCase(text, "<!doctype html") ||
      absl::StartsWithIgnoreCase(text, "<html")) {
    return "a web page, not the file: fetch it from the address that the page's download has";
  }
  return {};
}

}  // namespace bittensor
