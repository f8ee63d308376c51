// SPDX-License-Identifier: MIT
//
// Random numbers that are the same on every machine and with every release, as the standard
// library's distributions and shuffles, and torch's, are not: a run that resumes elsewhere
// continues with the same order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace bittensor {

// One step of splitmix64 (Steele, Lea, Flood 2014; public domain code of Sebastiano Vigna,
// https://prng.di.unimi.it/splitmix64.c): the next number, all of whose bits depend on `state`.
inline std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// A seed for each pair of numbers; the constant is 2^64 divided by the golden ratio.
inline std::uint64_t seed_of(std::uint64_t seed, std::int64_t number) {
  return seed * 0x9e3779b97f4a7c15 + static_cast<std::uint64_t>(number);
}

// A generator's number in [0, 1).
inline double to_unit(std::uint64_t number) {
  return static_cast<double>(number >> 11) * 0x1.0p-53;
}

// Fisher and Yates, with a bias below 2^-40 for fewer than 2^24 items.
template <typename T>
void shuffle(std::vector<T>& items, std::mt19937_64& random) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random() % i]);
}

}  // namespace bittensor
