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

  // A line that replaces the neuron's last one.
  void progress(int neuron, const std::string& line);
  // A line that stays.
  void say(int neuron, const std::string& line);

 private:
  void draw();
  void clear();

  const bool terminal_;
  std::vector<std::string> lines_;
  int drawn_ = 0;  // lines on the screen that belong to us
};

// One row of the final table. Empty cells are shown as "-".
struct SwarmRow {
  std::string neuron, local_accuracy, network_accuracy, test_loss, images_per_second, answers,
      weights, checkpoint;
};

void print_table(const std::vector<SwarmRow>& rows);

}  // namespace bittensor
