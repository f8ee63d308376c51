// SPDX-License-Identifier: MIT
#include "bittensor/watch/words.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace bittensor {

std::string time_text(double seconds) {
  const auto s = static_cast<std::int64_t>(std::llround(std::clamp(seconds, 0.0, 1e12)));
  if (s < 60) return absl::StrCat(s, " s");
  if (s < 3600) return absl::StrFormat("%d min %02d s", s / 60, s % 60);
  if (s < 86'400) return absl::StrFormat("%d h %02d min", s / 3600, s % 3600 / 60);
  return absl::StrFormat("%d d %02d h", s / 86'400, s % 86'400 / 3600);
}

std::string bytes_text(double bytes) {
  const char* const units[] = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < std::size(units)) {
    bytes /= 1000;
    ++unit;
  }
  return unit == 0 ? absl::StrFormat("%.0f B", bytes)
                   : absl::StrFormat("%.1f %s", bytes, units[unit]);
}

std::string percent_text(const std::optional<double>& part) {
  return part ? absl::StrFormat("%.2f %%", 100 * *part) : "-";
}

std::string loss_text(const std::optional<double>& loss) {
  return loss ? absl::StrFormat("%.3f", *loss) : "-";
}

std::string short_key(absl::string_view key) {
  return std::string(key.substr(0, 8));
}

}  // namespace bittensor
