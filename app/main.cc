// SPDX-License-Identifier: MIT
//
// The program `bittensor`. Each command has a file of its own, or a program (commands.h).
#include <map>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "app/chain.h"
#include "app/commands.h"
#include "app/programs.h"
#include "app/shell.h"
#include "app/status.h"
#include "app/swarm.h"
#include "app/wallet.h"

#include "bittensor/command_line/command_line.h"

int main(int argc, char** argv) {
  using namespace bittensor;
  become_program_of(argc, argv);

  CLI::App app("Bittensor: models that learn from each other.", "bittensor");
  app.require_subcommand(1);
  app.set_version_flag("--version", "bittensor " BITTENSOR_VERSION);
  app.footer("bittensor COMMAND --help lists what a command takes.");
  const std::map<std::string, Action (*)(CLI::App&)> own = {
      {"neuron", add_neuron},   {"swarm", add_swarm},           {"wallet", add_wallet},
      {"chain", add_chain},     {"status", add_status},         {"manual", add_manual},
      {"version", add_version}, {"completion", add_completion},
  };
  // In the order of the table, those of other programs too: the help names all.
  std::vector<Action> actions;
  for (const CommandRow& row : command_rows()) {
    const auto found = own.find(row.name);
    if (found == own.end()) {
      add_command(app, row.name);
    } else {
      actions.push_back(found->second(app));
    }
  }
  const int status = run_commands(app, argc, argv, "info", actions);
  if (status == kExitDone) show_help_of_swarms_neuron(argc, argv);
  return status;
}
