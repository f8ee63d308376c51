// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/work.h"

#include <array>
#include <string>

#include "absl/strings/str_cat.h"

#include "bittensor/base/check.h"
#include "bittensor/base/hasher.h"

namespace bittensor {
namespace {

constexpr std::size_t kNumberBytes = 8;

// What is hashed; the number comes last.
std::string hashed_text(const PublicKey& key) {
  return absl::StrCat("bittensor.v1 work", absl::string_view("\0", 1), key.bytes(),
                      std::string(kNumberBytes, '\0'));
}

int bits_with(std::string& text, std::uint64_t work) {
  for (std::size_t i = 0; i < kNumberBytes; ++i) {
    text[text.size() - kNumberBytes + i] = static_cast<char>(work >> (8 * i));
  }
  Hasher hasher;
  hasher.add(text);
  int bits = 0;
  for (const char byte : hasher.finish()) {
    for (int bit = 7; bit >= 0; --bit, ++bits) {
      if (((static_cast<unsigned char>(byte) >> bit) & 1U) != 0) return bits;
    }
  }
  return bits;
}

}  // namespace

int work_bits(const PublicKey& key, std::uint64_t work) {
  std::string text = hashed_text(key);
  return bits_with(text, work);
}

std::uint64_t find_work(const PublicKey& key, int bits) {
  BITTENSOR_CHECK(bits <= kMaxWorkBits) << bits;
  std::string text = hashed_text(key);
  std::uint64_t work = 0;
  while (bits_with(text, work) < bits) ++work;
  return work;
}

}  // namespace bittensor
