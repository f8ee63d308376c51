// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

struct evp_mac_ctx_st;

namespace bittensor {

// Poly1305 (RFC 8439), fed piece by piece. OpenSSL's, which gRPC brings along: on the
// processors at hand it is twice as fast as libsodium's.
//
// Not thread-safe.
class Mac {
 public:
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kSize = 16;

  // `key` (32 bytes) must never be used for another message.
  explicit Mac(absl::string_view key);
  void add(absl::string_view bytes);
  // The code of all that was added, 16 bytes. Nothing may follow.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

}  // namespace bittensor
