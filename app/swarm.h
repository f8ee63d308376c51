// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "app/commands.h"

namespace bittensor {

// What `bittensor swarm` was told.
struct SwarmOptions {
  std::string program;  // the program that runs one neuron
  int neurons = 2;
  std::uint64_t seed = 1;              // neuron i gets seed + i
  std::string folder;                  // keys, checkpoints and logs; empty: a new one in runs/
  bool quiet = false;                  // shows the final table only
  std::string json;                    // the final table, as JSON; empty: nowhere
  std::vector<std::string> arguments;  // handed to every neuron

  // The page that shows it live: a port, 0 for any free one, -1 for no page.
  int dashboard = -1;
  std::string dashboard_ip = "127.0.0.1";
  std::string dashboard_token;
};

// Runs a local swarm: starts the neurons as processes that find each other by
// gossip, shows how they train, and prints a table of what became of them. Each has its own share
// of the data, unless the arguments name one, and knows the keys of all.
// Neurons that are done go on serving until the last one is. Not ok if a neuron
// failed, after the others are done.
absl::Status run_swarm(const SwarmOptions& options);

// `bittensor swarm MODEL`.
Action add_swarm(CLI::App& app);

}  // namespace bittensor
