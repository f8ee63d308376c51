// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace bittensor {

// Random numbers that are the same on every machine and in every language: SplitMix64 (Steele, Lea
// and Flood 2014, "Fast splittable pseudorandom number generators"). For what several neurons must
// agree on; what the standard's distributions draw differs from library to library.
class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t bits = state_ += 0x9E3779B97F4A7C15u;
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
    return bits ^ (bits >> 31);
  }

  // In [0, bound), bound > 0; with a bias below 2^-40 for bounds below 2^24.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

  // In (0, 1), evenly.
  double uniform() { return (static_cast<double>(next() >> 11) + 0.5) / 9007199254740992.0; }

 private:
  std::uint64_t state_;
};

}  // namespace bittensor
