// SPDX-License-Identifier: MIT
#include "app/swarm_display.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include <sys/ioctl.h>
#include <unistd.h>

namespace bittensor {
namespace {

std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string named(int neuron, const std::string& line) {
  return absl::StrCat("neuron ", neuron, "  ", line);
}

}  // namespace

SwarmDisplay::SwarmDisplay(int neurons)
    : terminal_(isatty(STDOUT_FILENO) != 0), lines_(static_cast<std::size_t>(neurons)) {}

void SwarmDisplay::progress(int neuron, const std::string& line) {
  if (!terminal_) return say(neuron, line);
  lines_[static_cast<std::size_t>(neuron)] = named(neuron, line);
  clear();
  draw();
}

void SwarmDisplay::say(int neuron, const std::string& line) {
  clear();
  std::printf("%s\n", named(neuron, line).c_str());
  draw();
}

void SwarmDisplay::draw() {
  const std::size_t width = terminal_width() - 1;
  for (const std::string& line : lines_) {
    if (line.empty()) continue;
    std::printf("%s\n", line.substr(0, width).c_str());  // A wrapped line could not be redrawn.
    ++drawn_;
  }
  std::fflush(stdout);
}

void SwarmDisplay::clear() {
  // Up to our first line, and clear from there to the end of the screen.
  if (drawn_ > 0) std::printf("\033[%dF\033[J", drawn_);
  drawn_ = 0;
}

void print_table(const std::vector<SwarmRow>& rows) {
  const auto cells = [](const SwarmRow& row) {
    return std::vector<std::string>{row.neuron,    row.local_accuracy,    row.network_accuracy,
                                    row.test_loss, row.images_per_second, row.answers,
                                    row.weights,   row.checkpoint};
  };
  std::vector<std::vector<std::string>> table = {
      cells({"neuron", "local acc.", "network acc.", "test loss", "images/s", "answers ok/failed",
             "weights", "checkpoint"})};
  for (const SwarmRow& row : rows) table.push_back(cells(row));

  std::vector<std::size_t> widths(table.front().size());
  for (auto& row : table) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].empty()) row[i] = "-";
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::printf("\n");
  for (const auto& row : table) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      std::printf("%-*s  ", static_cast<int>(widths[i]), row[i].c_str());
    }
    std::printf("%s\n", row.back().c_str());
  }
  std::fflush(stdout);
}

}  // namespace bittensor
