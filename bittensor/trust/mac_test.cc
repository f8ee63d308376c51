// SPDX-License-Identifier: MIT
#include "bittensor/trust/mac.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

#include "bittensor/base/hex.h"

namespace bittensor {
namespace {

// RFC 8439, section 2.5.2.
TEST(Mac, IsPoly1305OfRfc8439) {
  Mac mac(*hex_to_bytes("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"));
  mac.add("Cryptographic ");
  mac.add("");
  mac.add("Forum Research Group");
  EXPECT_EQ(absl::BytesToHexString(mac.finish()), "a8061dc1305136c6c22b8baf0c0127a9");
}

}  // namespace
}  // namespace bittensor
