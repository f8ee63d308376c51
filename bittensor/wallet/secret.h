// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace bittensor {
namespace internal {

void wipe(void* bytes, std::size_t size);

// Memory that is wiped, all of it, before it is given back.
template <typename T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() = default;
  template <typename U>
  explicit WipingAllocator(const WipingAllocator<U>&) {}

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* bytes, std::size_t count) {
    wipe(bytes, count * sizeof(T));
    std::allocator<T>().deallocate(bytes, count);
  }
  friend bool operator==(const WipingAllocator&, const WipingAllocator&) { return true; }
  friend bool operator!=(const WipingAllocator&, const WipingAllocator&) { return false; }
};

}  // namespace internal

// Bytes whose memory is wiped when they go: seeds, key files, passphrases. They are never in the
// object itself, so that a move leaves none behind, as one of a short std::string does.
//
// Not thread-safe.
class Secret {
 public:
  Secret() = default;
  // So many zeros.
  explicit Secret(std::size_t size) : bytes_(size) {}
  // A copy; `text` is its owner's to wipe.
  explicit Secret(absl::string_view text) : bytes_(text.begin(), text.end()) {}
  // Wipes `text`, with what it has reserved.
  static Secret take(std::string&& text);

  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret&&) noexcept = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  char* data() { return bytes_.data(); }
  const char* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  absl::string_view view() const { return {bytes_.data(), bytes_.size()}; }
  // As libsodium wants them.
  unsigned char* bytes() { return reinterpret_cast<unsigned char*>(bytes_.data()); }
  const unsigned char* bytes() const {
    return reinterpret_cast<const unsigned char*>(bytes_.data());
  }

  void append(absl::string_view text) { bytes_.insert(bytes_.end(), text.begin(), text.end()); }
  // What is cut off is wiped, what is new is zeros.
  void resize(std::size_t size);

 private:
  std::vector<char, internal::WipingAllocator<char>> bytes_;
};

}  // namespace bittensor
