// SPDX-License-Identifier: MIT
//
// What the program's commands share on the command line.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// The one of `words` that is most like `typed`, or "" if none is near: at most two letters, and not
// more than half of them, added, left out, changed or swapped with their neighbour.
std::string nearest_word(absl::string_view typed, const std::vector<std::string>& words);

// Prints "bittensor: MESSAGE" to standard error. A long message is cut in its middle.
void print_error(absl::string_view message);

// What is piped into this program, without the newline at its end. kInvalidArgument, saying that
// `what` is missing, if standard input is a terminal or empty; kResourceExhausted if it holds more
// than `max_bytes`.
absl::StatusOr<std::string> read_standard_input(const std::string& what, std::size_t max_bytes);

}  // namespace bittensor
