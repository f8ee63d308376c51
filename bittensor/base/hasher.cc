// SPDX-License-Identifier: MIT
#include "bittensor/base/hasher.h"

#include <sodium.h>

#include "bittensor/base/sodium.h"

namespace bittensor {
namespace {

crypto_generichash_state* as_state(std::array<unsigned char, 384>& bytes) {
  static_assert(sizeof(crypto_generichash_state) <= sizeof(bytes));
  static_assert(alignof(crypto_generichash_state) <= 64);
  return reinterpret_cast<crypto_generichash_state*>(bytes.data());
}

}  // namespace

Hasher::Hasher() {
  internal::ensure_sodium();
  crypto_generichash_init(as_state(state_), nullptr, 0, kSize);
}

void Hasher::add(absl::string_view bytes) {
  crypto_generichash_update(as_state(state_), reinterpret_cast<const unsigned char*>(bytes.data()),
                            bytes.size());
}

std::string Hasher::finish() {
  std::string hash(kSize, '\0');
  crypto_generichash_final(as_state(state_), reinterpret_cast<unsigned char*>(hash.data()), kSize);
  return hash;
}

}  // namespace bittensor
