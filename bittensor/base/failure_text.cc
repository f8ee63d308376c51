// SPDX-License-Identifier: MIT
#include "bittensor/base/failure_text.h"

#include "absl/strings/str_cat.h"

#include "bittensor/base/abbreviated.h"

namespace bittensor {
namespace {

constexpr std::size_t kMessageBytes = 200;

}  // namespace

const char* failure_reason(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return "ok";
    case absl::StatusCode::kDeadlineExceeded:
      return "deadline";
    case absl::StatusCode::kPermissionDenied:
      return "key not allowed";
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnimplemented:
      return "refused";
    case absl::StatusCode::kInvalidArgument:
      return "wrong shape";
    case absl::StatusCode::kUnavailable:
      return "gone";
    default:
      return "failed";
  }
}

std::string failure_text(const absl::Status& status) {
  if (status.ok()) return "";
  return absl::StrCat(failure_reason(status.code()), ": ",
                      abbreviated(status.message(), kMessageBytes));
}

}  // namespace bittensor
