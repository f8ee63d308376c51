// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace bittensor {

// Looks for a secret in all memory that C++ gives back while it watches: what is found there was
// not wiped. A program that links freed_memory.cc has its own operator delete for that.
//
// One at a time; the program may have threads.
class FreedMemory {
 public:
  // Watches for `secret`, which must outlive it. At least four bytes.
  explicit FreedMemory(const std::string& secret);
  ~FreedMemory();
  FreedMemory(const FreedMemory&) = delete;
  FreedMemory& operator=(const FreedMemory&) = delete;

  // In how many blocks it was.
  int found() const;
};

}  // namespace bittensor
