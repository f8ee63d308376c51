// SPDX-License-Identifier: MIT
//
// Figures as people read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace bittensor {

// "12 s", "3 min 05 s", "2 h 10 min", "3 d 04 h".
std::string time_text(double seconds);
// "512 B", "1.5 MB".
std::string bytes_text(double bytes);
// "91.35 %"; "-" if it is not known.
std::string percent_text(const std::optional<double>& part);
// "0.283"; "-" if it is not known.
std::string loss_text(const std::optional<double>& loss);
// The first 8 digits of a key.
std::string short_key(absl::string_view key);

}  // namespace bittensor
