// SPDX-License-Identifier: MIT
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include <sodium.h>

#include "bittensor/base/sodium.h"
#include "bittensor/trust/envelope.h"
#include "bittensor/wallet/testing/freed_memory.h"

namespace bittensor {
namespace {

constexpr char kMethod[] = "bittensor.v1.Axon/Forward";
constexpr std::int64_t kTime = 0x0102030405060708;

// As proto/bittensor/v1/envelope.proto says.
std::string one_time_key(const PairKey& key, const PublicKey& sender, const PublicKey& receiver,
                         const std::string& nonce) {
  const absl::string_view zero("\0", 1);
  const std::string header =
      absl::StrCat("bittensor.v1 request", zero, kMethod, zero, sender.bytes(), receiver.bytes(),
                   nonce, "\x08\x07\x06\x05\x04\x03\x02\x01");
  std::string once(32, '\0');
  crypto_generichash(internal::bytes_of(once), once.size(),
                     internal::bytes_of(absl::string_view(header)), header.size(),
                     internal::bytes_of(key.bytes()), key.bytes().size());
  return once;
}

TEST(Envelope, LeavesNoOneTimeKeyInFreedMemory) {
  const Wallet client = Wallet::create();
  const Wallet server = Wallet::create();
  PairKeys client_keys(client);
  PairKeys server_keys(server);
  const Payload body;
  const SealedRequest request = seal_request(client_keys, server.key(), kMethod, body, kTime);
  const PairKey key = *server_keys.with(client.key());
  const std::string once = one_time_key(key, client.key(), server.key(), request.nonce);
  const FreedMemory freed(once);
  const auto opened = open_request(server_keys, request.bytes, kMethod, body);
  EXPECT_EQ(freed.found(), 0);
  ASSERT_TRUE(opened.ok()) << opened.status();
}

}  // namespace
}  // namespace bittensor
