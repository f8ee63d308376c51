// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>

#include "CLI/CLI.hpp"
#include "app/commands.h"
#include "app/programs.h"
#include "app/swarm.h"

#include "bittensor/base/stop_signal.h"

namespace bittensor {

Action add_swarm(CLI::App& app) {
  auto options = std::make_shared<SwarmOptions>();
  CLI::App* const swarm = add_command(app, "swarm");
  swarm
      ->add_option("model", options->program,
                   "mnist, cifar or bert; or the path of another program that is a neuron")
      ->required();
  swarm->add_option("--neurons", options->neurons, "how many neurons")
      ->check(CLI::Range(1, 1000))
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->capture_default_str();
  swarm
      ->add_option("--seed", options->seed,
                   "random seed of the first neuron; the others count on from it")
      ->capture_default_str();
  swarm->add_option("--dir", options->folder,
                    "folder for keys, checkpoints and logs; default: a new one in runs/");
  swarm->add_flag("--quiet", options->quiet, "show the final table only");
  swarm->add_option("--json", options->json, "write the final table to this file");
  swarm
      ->add_option("--dashboard", options->dashboard,
                   "port of a page that shows the swarm live; 0: any free; -1: none")
      ->check(CLI::Range(-1, 65535))
      ->expected(0, 1)
      ->default_str("8093")
      ->envname("BITTENSOR_DASHBOARD");
  swarm
      ->add_option("--dashboard_ip", options->dashboard_ip,
                   "address of this machine to serve it at; one that others reach needs a token")
      ->envname("BITTENSOR_DASHBOARD_IP")
      ->capture_default_str();
  swarm
      ->add_option("--dashboard_token", options->dashboard_token,
                   "what whoever opens the page must know: 16 letters or digits, or more")
      ->envname("BITTENSOR_DASHBOARD_TOKEN");
  swarm->footer(
      "Each neuron has its own part of the data, unless --share is given: 1/1 is all, for each.\n"
      "All other options go to each neuron; bittensor neuron MODEL --help lists them. Of "
      "--metrics_port each\n"
      "takes the next one, and --trace a file of its own.");
  swarm->allow_extras();
  return [options, swarm] {
    if (!swarm->parsed()) return absl::OkStatus();
    StopSignal::install();
    const auto& rows = neuron_rows();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const CommandRow& one) {
      return one.name == options->program;
    });
    if (row != rows.end()) options->program = program_path(row->program);
    options->arguments = swarm->remaining();
    return run_swarm(*options);
  };
}

}  // namespace bittensor
