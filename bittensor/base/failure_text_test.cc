// SPDX-License-Identifier: MIT
#include "bittensor/base/failure_text.h"

#include "gtest/gtest.h"

namespace bittensor {
namespace {

TEST(FailureText, BeginsWithTheReason) {
  EXPECT_EQ(failure_text(absl::OkStatus()), "");
  EXPECT_EQ(failure_text(absl::DeadlineExceededError("5 s")), "deadline: 5 s");
  EXPECT_EQ(failure_text(absl::PermissionDeniedError("x")), "key not allowed: x");
  EXPECT_EQ(failure_text(absl::ResourceExhaustedError("busy")), "refused: busy");
  EXPECT_EQ(failure_text(absl::InvalidArgumentError("[3]")), "wrong shape: [3]");
  EXPECT_EQ(failure_text(absl::UnavailableError("no route")), "gone: no route");
}

}  // namespace
}  // namespace bittensor
