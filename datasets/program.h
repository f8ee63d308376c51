// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "bittensor/base/executor.h"

namespace bittensor {

// Runs the program `arguments[0]`, looked up in PATH, in `folder`, and waits for its end.
// No shell sees the arguments. Its input is empty and its output is not shown.
//
// kNotFound if there is no such program; kDeadlineExceeded if it takes longer than
// `timeout`: then it is killed, with the processes it started; kInternal with the last line
// it wrote to standard error if it fails.
absl::Status run_program(const std::vector<std::string>& arguments, const std::string& folder,
                         Duration timeout);

}  // namespace bittensor
