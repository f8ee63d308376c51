// SPDX-License-Identifier: MIT
//
// Commands of `bittensor` that need libtorch, in a program of its own: libtorch takes longer to
// load than a wallet to open.
#include <vector>

#include "CLI/CLI.hpp"
#include "app/bert.h"
#include "app/checkpoint.h"
#include "app/commands.h"
#include "app/data.h"

#include "bittensor/base/allocator.h"

int main(int argc, char** argv) {
  using namespace bittensor;
  tune_allocator();
  CLI::App app("What needs libtorch.", "bittensor");
  app.require_subcommand(1);
  const std::vector<Action> actions = {add_data(app), add_checkpoint(app), add_bert(app)};
  return run_commands(app, argc, argv, "warning", actions);
}
