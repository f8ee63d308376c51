// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/status.h"

namespace bittensor {

// Why a call between neurons failed, in two words at most: "deadline", "key not allowed",
// "refused", "wrong shape", "gone", "failed"; "ok" if it did not.
const char* failure_reason(absl::StatusCode code);

// The reason and the message: "deadline: no answer in 5 s". Empty if `status` is ok.
std::string failure_text(const absl::Status& status);

}  // namespace bittensor
