// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace bittensor {

// Shows what several neurons do: on a terminal a table that is drawn again in
// place, elsewhere plain lines with the neuron's name.
class SwarmDisplay {
 public:
  // With `quiet` nothing is shown.
  explicit SwarmDisplay(bool quiet);

  bool terminal() const { return terminal_; }

  // The table (terminals only): as much of it as fits.
  void draw(std::vector<std::string> lines);
  // How a neuron trains (elsewhere only).
  void progress(int neuron, const std::string& line);
  // A line that stays.
  void say(int neuron, const std::string& line);
  // Takes the table away.
  void clear();

 private:
  void redraw();
  void erase();

  const bool quiet_;
  const bool terminal_;
  std::vector<std::string> lines_;
  int drawn_ = 0;  // lines on the screen that belong to us
};

}  // namespace bittensor
