// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

namespace bittensor {

// Text whose memory is wiped when it goes: seeds, key files, passphrases.
struct Secret {
  Secret() = default;
  explicit Secret(std::string text) : value(std::move(text)) {}
  ~Secret() { wipe(); }
  Secret(Secret&& other) noexcept : value(std::move(other.value)) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe();
    value = std::move(other.value);
    other.wipe();
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  bool empty() const { return value.empty(); }

  std::string value;

 private:
  void wipe();
};

}  // namespace bittensor
