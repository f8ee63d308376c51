// SPDX-License-Identifier: MIT
//
// The program `bittensor`: what is done around neurons. Each subcommand has a file of its own.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "app/chain.h"
#include "app/commands.h"
#include "app/status.h"
#include "app/swarm.h"
#include "app/wallet.h"
#include <unistd.h>

#include "bittensor/base/logging.h"
#include "bittensor/base/stop_signal.h"

namespace {

// Becomes the program `name` beside this one; returns the exit status if it cannot.
int become(const std::string& name, char** argv) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = self.parent_path() / name;
  execv(program.c_str(), argv);
  bittensor::print_error(absl::StrCat(program, ": ", std::strerror(errno),
                                      errno == ENOENT ? "; ./run build makes it" : ""));
  return 1;
}

// Commands that have a program of their own: libtorch takes longer to load than a wallet to open.
const std::map<std::string, std::string> kPrograms = {
    {"answer", "bittensor-torch"},    {"classify", "bittensor-torch"},
    {"data", "bittensor-torch"},      {"embed", "bittensor-torch"},
    {"fill-mask", "bittensor-torch"}, {"metagraph", "bittensor-metagraph"},
    {"query", "bittensor-query"},     {"serve", "bittensor-serve"},
    {"similar", "bittensor-torch"}};

// For --help and as words that somebody may have meant: they are become()'s to run.
void list_programs(CLI::App& app) {
  app.add_subcommand("data", "Fetches data sets.");
  app.add_subcommand("fill-mask", "Prints the likeliest words for each [MASK] of a text.");
  app.add_subcommand("embed", "Prints texts as vectors.");
  app.add_subcommand("similar", "Ranks lines by how much they mean the same as a sentence.");
  app.add_subcommand("classify", "Prints the labels that a classifier gives to texts.");
  app.add_subcommand("answer", "Finds the answer to a question in a text.");
  app.add_subcommand("metagraph", "Shows a network, and what its neurons think of each other.");
  app.add_subcommand("serve", "Offers a trained model to a network.");
  app.add_subcommand("query", "Asks one synapse of a network.");
}

// The error of a first word that is not a command; "" if it is one, or an option.
std::string wrong_command(const CLI::App& app, const std::string& word) {
  if (word.empty() || word[0] == '-') return "";
  std::vector<std::string> words;
  for (const CLI::App* command : app.get_subcommands({})) words.push_back(command->get_name());
  if (std::find(words.begin(), words.end(), word) != words.end()) return "";
  const std::string nearest = bittensor::nearest_word(word, words);
  return absl::StrCat("'", word, "' is not a command",
                      nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?"));
}

CLI::App* add_swarm(CLI::App& app, bittensor::SwarmOptions& options) {
  CLI::App* swarm = app.add_subcommand(
      "swarm", "Runs several neurons on this machine that find each other and train together.");
  swarm->add_option("program", options.program, "the example program, which each neuron runs")
      ->required();
  swarm->add_option("--neurons", options.neurons, "how many neurons")
      ->check(CLI::Range(1, 1000))
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->capture_default_str();
  swarm
      ->add_option("--seed", options.seed,
                   "random seed of the first neuron; the others count on from it")
      ->capture_default_str();
  swarm->add_option("--dir", options.folder,
                    "folder for keys, checkpoints and logs; default: a new one in runs/");
  swarm->add_option("--json", options.json, "write the final table to this file");
  swarm->add_flag("--quiet", options.quiet, "show the final table only");
  swarm
      ->add_option("--dashboard", options.dashboard,
                   "port of a page that shows the swarm live; 0: any free; -1: none")
      ->check(CLI::Range(-1, 65535))
      ->expected(0, 1)
      ->default_str("8093")
      ->envname("BITTENSOR_DASHBOARD");
  swarm
      ->add_option("--dashboard_ip", options.dashboard_ip,
                   "address of this machine to serve it at; one that others reach needs a token")
      ->envname("BITTENSOR_DASHBOARD_IP")
      ->capture_default_str();
  swarm
      ->add_option("--dashboard_token", options.dashboard_token,
                   "what whoever opens the page must know: 16 letters or digits, or more")
      ->envname("BITTENSOR_DASHBOARD_TOKEN");
  swarm->footer(
      "Each neuron has its own part of the data, unless --share is given: 1/1 is all, for each.\n"
      "All other options go to each neuron; PROGRAM --help lists them. Of --metrics_port each "
      "takes\n"
      "the next one, and --trace a file of its own.");
  swarm->allow_extras();
  return swarm;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  const auto program = kPrograms.find(command);
  if (program != kPrograms.end()) return become(program->second, argv);
  CLI::App app("Bittensor: models that learn from each other.", "bittensor");
  app.require_subcommand(1);
  app.set_version_flag("--version", "bittensor " BITTENSOR_VERSION);
  const CLI::App* version = app.add_subcommand("version", "Prints the version.");
  bittensor::SwarmOptions swarm_options;
  const CLI::App* swarm = add_swarm(app, swarm_options);
  app.footer("bittensor COMMAND --help lists a command's options.");
  const auto run_wallet = bittensor::add_wallet(app);
  const auto run_chain = bittensor::add_chain(app);
  const auto run_status = bittensor::add_status(app);
  list_programs(app);
  const std::string wrong = wrong_command(app, command);
  if (!wrong.empty()) {
    bittensor::print_error(absl::StrCat(wrong, " (--help lists them)"));
    return 2;
  }
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
  } catch (const CLI::CallForVersion& answer) {
    return app.exit(answer);
  } catch (const CLI::ParseError& error) {
    bittensor::print_error(absl::StrCat(error.what(), " (--help lists the options)"));
    return 2;
  }
  if (version->parsed()) {
    std::printf("%s\n", app.version().c_str());
    return 0;
  }

  absl::Status status = bittensor::start_logging("info");
  if (status.ok()) status = run_wallet();
  if (status.ok()) status = run_chain();
  if (status.ok()) status = run_status();
  if (status.ok() && swarm->parsed()) {
    bittensor::StopSignal::install();
    swarm_options.arguments = swarm->remaining();
    status = bittensor::run_swarm(swarm_options);
  }
  if (status.ok()) return 0;
  bittensor::print_error(status.message());
  return 1;
}
