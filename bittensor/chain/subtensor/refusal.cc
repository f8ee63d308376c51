// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/refusal.h"

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace bittensor {
namespace {

// By number; common/src/transaction_error.rs of the runtime's source.
constexpr const char* kReasons[] = {
    "ColdkeyInSwapSchedule",
    "StakeAmountTooLow",
    "BalanceTooLow",
    "SubnetNotExists",
    "HotkeyAccountDoesntExist",
    "NotEnoughStakeToWithdraw",
    "RateLimitExceeded",
    "InsufficientLiquidity",
    "SlippageTooHigh",
    "TransferDisallowed",
    "HotKeyNotRegisteredInNetwork",
    "InvalidIpAddress",
    "ServingRateLimitExceeded",
    "InvalidPort",
    "ZeroMaxAmount",
    "InvalidRevealRound",
    "CommitNotFound",
    "CommitBlockNotInRevealRange",
    "InputLengthsUnequal",
    "UidNotFound",
    "EvmKeyAssociateRateLimitExceeded",
    "ColdkeySwapDisputed",
    "InvalidRealAccount",
    "FailedShieldedTxParsing",
    "InvalidShieldedTxPubKeyHash",
    "NonAssociatedColdKey",
    "DelegateTakeTooLow",
    "DelegateTakeTooHigh",
};

}  // namespace

absl::Status with_reason(const absl::Status& refusal) {
  const absl::string_view message = refusal.message();
  // A node's words, and the form of one that runs the runtime elsewhere.
  for (const absl::string_view before : {"Custom error: ", "\"custom\":"}) {
    const std::size_t at = message.find(before);
    if (at == absl::string_view::npos) continue;
    absl::string_view digits = message.substr(at + before.size());
    std::size_t size = 0;
    while (size < digits.size() && absl::ascii_isdigit(static_cast<unsigned char>(digits[size]))) {
      ++size;
    }
    std::uint32_t number = 0;
    if (!absl::SimpleAtoi(digits.substr(0, size), &number) || number >= std::size(kReasons)) break;
    return absl::Status(refusal.code(), absl::StrCat(message, ": ", kReasons[number]));
  }
  return refusal;
}

}  // namespace bittensor
