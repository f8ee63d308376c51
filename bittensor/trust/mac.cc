// SPDX-License-Identifier: MIT
#include "bittensor/trust/mac.h"

#include <openssl/evp.h>

#include "bittensor/base/check.h"
#include "bittensor/base/sodium.h"

namespace bittensor {
namespace {

EVP_MAC* poly1305() {
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "POLY1305", nullptr);
  BITTENSOR_CHECK(algorithm != nullptr) << "this OpenSSL has no Poly1305: see its openssl.cnf";
  return algorithm;
}

}  // namespace

void Mac::Free::operator()(evp_mac_ctx_st* context) const {
  EVP_MAC_CTX_free(context);
}

Mac::Mac(absl::string_view key) : context_(EVP_MAC_CTX_new(poly1305())) {
  BITTENSOR_CHECK(key.size() == kKeySize);
  BITTENSOR_CHECK(EVP_MAC_init(context_.get(), internal::bytes_of(key), key.size(), nullptr) == 1);
}

void Mac::add(absl::string_view bytes) {
  BITTENSOR_CHECK(EVP_MAC_update(context_.get(), internal::bytes_of(bytes), bytes.size()) == 1);
}

std::string Mac::finish() {
  std::string code(kSize, '\0');
  std::size_t size = 0;
  auto* const out = reinterpret_cast<unsigned char*>(code.data());
  BITTENSOR_CHECK(EVP_MAC_final(context_.get(), out, &size, code.size()) == 1 && size == kSize);
  return code;
}

}  // namespace bittensor
