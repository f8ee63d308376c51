// SPDX-License-Identifier: MIT
#include "app/swarm_display.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"

#include "bittensor/base/terminal.h"

namespace bittensor {
namespace {

std::string named(int neuron, const std::string& line) {
  return absl::StrCat("neuron ", neuron, "  ", line);
}

}  // namespace

SwarmDisplay::SwarmDisplay(int neurons)
    : terminal_(is_terminal()), lines_(static_cast<std::size_t>(neurons)) {}

void SwarmDisplay::progress(int neuron, const std::string& bar, const std::string& brief,
                            const std::string& full) {
  if (!terminal_) return say(neuron, full);
  lines_[static_cast<std::size_t>(neuron)] = {bar, brief};
  clear();
  draw();
}

void SwarmDisplay::say(int neuron, const std::string& line) {
  clear();
  std::printf("%s\n", named(neuron, line).c_str());
  draw();
}

void SwarmDisplay::draw() {
  constexpr std::size_t kBeforeText = 24;  // columns of the name and the bar
  const TerminalSize size = terminal_size();
  const std::size_t width = std::max(size.columns, kBeforeText + 1) - kBeforeText;
  // Cut: what wraps or scrolls away could not be drawn again in place.
  const std::size_t shown = std::min(lines_.size(), size.rows - 1);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [bar, text] = lines_[i];
    if (text.empty()) continue;
    std::printf("%s %s\n", named(static_cast<int>(i), bar).c_str(), text.substr(0, width).c_str());
    ++drawn_;
  }
  std::fflush(stdout);
}

void SwarmDisplay::clear() {
  // Up to our first line, and clear from there to the end of the screen.
  if (drawn_ > 0) std::printf("\033[%dF\033[J", drawn_);
  drawn_ = 0;
}

}  // namespace bittensor
