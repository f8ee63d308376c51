// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/sha256_block.h"

#include <cstddef>
#include <cstring>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace bittensor {
namespace {

using Words = std::array<std::uint32_t, 8>;
using Block = std::array<std::uint32_t, 16>;

constexpr Words kStart{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

alignas(16) constexpr std::array<std::uint32_t, 64> kRounds{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

Block padded(const std::array<std::uint8_t, 40>& message) {
  Block block{};
  for (std::size_t i = 0; i < 10; ++i) {
    std::uint32_t word = 0;
    std::memcpy(&word, message.data() + 4 * i, 4);
    block[i] = __builtin_bswap32(word);
  }
  block[10] = 0x80000000;
  block[15] = 8 * 40;
  return block;
}

std::uint32_t rotate_right(std::uint32_t word, int bits) {
  return word >> bits | word << (32 - bits);
}

Words compress(const Block& block) {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t t = 0; t < 16; ++t) w[t] = block[t];
  for (std::size_t t = 16; t < 64; ++t) {
    const std::uint32_t a = w[t - 15];
    const std::uint32_t b = w[t - 2];
    w[t] = w[t - 16] + (rotate_right(a, 7) ^ rotate_right(a, 18) ^ a >> 3) + w[t - 7] +
           (rotate_right(b, 17) ^ rotate_right(b, 19) ^ b >> 10);
  }
  auto [a, b, c, d, e, f, g, h] = kStart;
  for (std::size_t t = 0; t < 64; ++t) {
    const std::uint32_t t1 = h + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) +
                             ((e & f) ^ (~e & g)) + kRounds[t] + w[t];
    const std::uint32_t t2 = (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) +
                             ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  return {a + kStart[0], b + kStart[1], c + kStart[2], d + kStart[3],
          e + kStart[4], f + kStart[5], g + kStart[6], h + kStart[7]};
}

#ifdef __x86_64__
bool has_sha_instructions() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  constexpr unsigned kSsse3 = 1U << 9;
  constexpr unsigned kSse41 = 1U << 19;
  constexpr unsigned kSha = 1U << 29;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kSsse3) == 0 || (c & kSse41) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & kSha) != 0;
}

// The instructions hold the state as a, b, e, f and c, d, g, h, the first highest.
__attribute__((target("sha,sse4.1,ssse3"))) Words compress_with_instructions(const Block& block) {
  const auto vector_of = [](std::uint32_t w0, std::uint32_t w1, std::uint32_t w2, std::uint32_t w3)
      __attribute__((target("sha,sse4.1,ssse3"))) {
    return _mm_set_epi32(static_cast<int>(w0), static_cast<int>(w1), static_cast<int>(w2),
                         static_cast<int>(w3));
  };
  const __m128i abef_start = vector_of(kStart[0], kStart[1], kStart[4], kStart[5]);
  const __m128i cdgh_start = vector_of(kStart[2], kStart[3], kStart[6], kStart[7]);
  __m128i abef = abef_start;
  __m128i cdgh = cdgh_start;
  __m128i w[16];  // four words each
  for (std::size_t t = 0; t < 16; ++t) {
    if (t < 4) {
      w[t] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block.data() + 4 * t));
    } else {
      const __m128i older = _mm_sha256msg1_epu32(w[t - 4], w[t - 3]);
      const __m128i between = _mm_alignr_epi8(w[t - 1], w[t - 2], 4);
      w[t] = _mm_sha256msg2_epu32(_mm_add_epi32(older, between), w[t - 1]);
    }
    const __m128i constants =
        _mm_load_si128(reinterpret_cast<const __m128i*>(kRounds.data() + 4 * t));
    const __m128i added = _mm_add_epi32(w[t], constants);
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, added);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(added, 0x0e));
  }
  std::array<std::uint32_t, 4> feba{};
  std::array<std::uint32_t, 4> hgdc{};
  _mm_storeu_si128(reinterpret_cast<__m128i*>(feba.data()), _mm_add_epi32(abef, abef_start));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(hgdc.data()), _mm_add_epi32(cdgh, cdgh_start));
  return {feba[3], feba[2], hgdc[3], hgdc[2], feba[1], feba[0], hgdc[1], hgdc[0]};
}
#endif

}  // namespace

std::array<std::uint8_t, 32> sha256_of_40(const std::array<std::uint8_t, 40>& message,
                                          Sha256Way way) {
  const Block block = padded(message);
#ifdef __x86_64__
  static const bool has_instructions = has_sha_instructions();
  const Words words = has_instructions && way == Sha256Way::kFastest
                          ? compress_with_instructions(block)
                          : compress(block);
#else
  static_cast<void>(way);
  const Words words = compress(block);
#endif
  std::array<std::uint8_t, 32> hash{};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::uint32_t word = __builtin_bswap32(words[i]);
    std::memcpy(hash.data() + 4 * i, &word, 4);
  }
  return hash;
}

}  // namespace bittensor
