// SPDX-License-Identifier: MIT
#include "bittensor/wallet/testing/freed_memory.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include <malloc.h>

namespace {

std::atomic<const std::string*> watched{nullptr};
std::atomic<int> blocks{0};

void look_at_and_free(void* block) noexcept {
  const std::string* const secret = watched.load();
  if (secret != nullptr && block != nullptr &&
      memmem(block, malloc_usable_size(block), secret->data(), secret->size()) != nullptr) {
    ++blocks;
  }
  std::free(block);
}

}  // namespace

// GCC takes what it inlines for a mismatch.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t size) {
  if (void* const block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  look_at_and_free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  look_at_and_free(block);
}
#pragma GCC diagnostic pop

namespace bittensor {

FreedMemory::FreedMemory(const std::string& secret) {
  blocks = 0;
  watched = &secret;
}
FreedMemory::~FreedMemory() {
  watched = nullptr;
}
int FreedMemory::found() const {
  return blocks;
}

}  // namespace bittensor
