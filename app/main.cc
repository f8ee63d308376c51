// SPDX-License-Identifier: MIT
//
// The program `bittensor`: what is done around neurons. Each subcommand has a file of its own.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "CLI/CLI.hpp"
#include "app/swarm.h"
#include "app/wallet.h"
#include <unistd.h>

#include "bittensor/base/logging.h"
#include "bittensor/base/stop_signal.h"

namespace {

// Becomes the program `bittensor-torch` beside this one; returns the exit status if it cannot.
int become_torch(char** argv) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = self.parent_path() / "bittensor-torch";
  execv(program.c_str(), argv);
  std::fprintf(stderr, "bittensor: %s: %s%s\n", program.c_str(), std::strerror(errno),
               errno == ENOENT ? "; ./run build makes it" : "");
  return 1;
}

CLI::App* add_swarm(CLI::App& app, bittensor::SwarmOptions& options) {
  CLI::App* swarm = app.add_subcommand(
      "swarm", "Runs several neurons on this machine that find each other and train together.");
  swarm->add_option("program", options.program, "the example program, one neuron each")->required();
  swarm->add_option("--neurons", options.neurons, "how many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  swarm->add_option("--seed", options.seed, "of the first neuron; the next ones count on")
      ->capture_default_str();
  swarm->add_option("--dir", options.folder,
                    "folder for keys, checkpoints and logs; default: a new one in runs/");
  swarm->add_option("--json", options.json, "write the final table to this file");
  swarm->footer("All other options go to each neuron; PROGRAM --help lists them.");
  swarm->allow_extras();
  return swarm;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "data" || command == "fill-mask" || command == "embed") return become_torch(argv);
  CLI::App app("Bittensor: models that learn from each other.");
  app.require_subcommand(1);
  bittensor::SwarmOptions swarm_options;
  const CLI::App* swarm = add_swarm(app, swarm_options);
  app.footer(
      "bittensor data get fetches data sets, bittensor fill-mask and bittensor embed use a trained "
      "BERT; --help behind them lists their options.");
  const auto run_wallet = bittensor::add_wallet(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    const int status = app.exit(help);
    // What the neurons take belongs to the swarm's options too.
    if (argc > 2 && std::string(argv[1]) == "swarm" && argv[2][0] != '-') {
      std::printf("\n");
      std::fflush(stdout);
      execlp(argv[2], argv[2], "--help", nullptr);
    }
    return status;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "bittensor: %s (--help lists the options)\n", error.what());
    return 2;
  }

  absl::Status status = bittensor::start_logging("info");
  if (status.ok()) status = run_wallet();
  if (status.ok() && swarm->parsed()) {
    bittensor::StopSignal::install();
    swarm_options.arguments = swarm->remaining();
    status = bittensor::run_swarm(swarm_options);
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "bittensor: %s\n", std::string(status.message()).c_str());
  return 1;
}
