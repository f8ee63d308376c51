// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace bittensor {

// Shows what several neurons say: on a terminal one line each that is drawn
// again in place, elsewhere plain lines with the neuron's name.
class SwarmDisplay {
 public:
  explicit SwarmDisplay(int neurons);

  bool terminal() const { return terminal_; }

  // A line that replaces the neuron's last one, behind a bar (terminals only).
  // `full` is for elsewhere.
  void progress(int neuron, const std::string& bar, const std::string& brief,
                const std::string& full);
  // A line that stays.
  void say(int neuron, const std::string& line);

 private:
  void draw();
  void clear();

  const bool terminal_;
  struct Line {
    std::string bar;
    std::string text;
  };
  std::vector<Line> lines_;
  int drawn_ = 0;  // lines on the screen that belong to us
};

}  // namespace bittensor
