// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace bittensor {

// `text`, or its beginning and its end with a note of what was left out between them: for messages
// that quote what somebody typed or sent, however long that was. About `limit` bytes; UTF-8 stays
// whole.
std::string abbreviated(absl::string_view text, std::size_t limit = 600);

}  // namespace bittensor
