// SPDX-License-Identifier: MIT
#include "bittensor/wallet/secret.h"

#include <sodium.h>

namespace bittensor {

void internal::wipe(void* bytes, std::size_t size) {
  sodium_memzero(bytes, size);
}

Secret Secret::take(std::string&& text) {
  Secret secret(text);
  text.resize(text.capacity());
  internal::wipe(text.data(), text.size());
  text.clear();
  return secret;
}

void Secret::resize(std::size_t size) {
  if (size < bytes_.size()) internal::wipe(bytes_.data() + size, bytes_.size() - size);
  bytes_.resize(size);
}

}  // namespace bittensor
