// SPDX-License-Identifier: MIT
#include "app/swarm_display.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"

#include "bittensor/base/terminal.h"

namespace bittensor {

SwarmDisplay::SwarmDisplay(bool quiet) : quiet_(quiet), terminal_(is_terminal() && !quiet) {}

void SwarmDisplay::draw(std::vector<std::string> lines) {
  if (!terminal_) return;
  erase();
  lines_ = std::move(lines);
  redraw();
}

void SwarmDisplay::progress(int neuron, const std::string& line) {
  if (!terminal_) say(neuron, line);
}

void SwarmDisplay::say(int neuron, const std::string& line) {
  if (quiet_) return;
  erase();
  std::printf("neuron %d  %s\n", neuron, line.c_str());
  redraw();
}

void SwarmDisplay::clear() {
  draw({});
}

void SwarmDisplay::redraw() {
  // What scrolls away could not be drawn again in place.
  const std::size_t shown = std::min(lines_.size(), terminal_size().rows - 1);
  for (std::size_t i = 0; i < shown; ++i) std::printf("%s\n", lines_[i].c_str());
  drawn_ = static_cast<int>(shown);
  std::fflush(stdout);
}

void SwarmDisplay::erase() {
  // Up to our first line, and clear from there to the end of the screen.
  if (drawn_ > 0) std::printf("\033[%dF\033[J", drawn_);
  drawn_ = 0;
}

}  // namespace bittensor
