// SPDX-License-Identifier: MIT
#include "app/commands.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include <unistd.h>

#include "bittensor/base/abbreviated.h"
#include "bittensor/base/check.h"
#include "bittensor/base/logging.h"
#include "bittensor/command_line/command_line.h"

namespace bittensor {

const std::vector<CommandRow>& command_rows() {
  static const std::vector<CommandRow> rows = {
      {"neuron", "", "Trains a model together with others: mnist, cifar or bert."},
      {"swarm", "",
       "Runs several neurons on this machine that find each other and train together."},
      {"status", "", "Shows what the neurons of this machine do, and for whom they wait."},
      {"metagraph", "bittensor-metagraph",
       "Shows who is on a network, and what its neurons think of each other."},
      {"serve", "bittensor-serve", "Offers a trained model to a network."},
      {"query", "bittensor-query", "Asks one synapse of a network, and prints its answer."},
      {"fill-mask", "bittensor-torch", "Prints the likeliest words for each [MASK] of a text."},
      {"embed", "bittensor-torch", "Prints texts as vectors."},
      {"similar", "bittensor-torch", "Ranks lines by how much they mean the same as a sentence."},
      {"classify", "bittensor-torch", "Prints the labels that a classifier gives to texts."},
      {"answer", "bittensor-torch", "Finds the answer to a question in a text."},
      {"data", "bittensor-torch", "Lists, fetches and checks data sets."},
      {"checkpoint", "bittensor-torch", "Lists, shows and exports trained models."},
      {"wallet", "", "Keys: what neurons are known by."},
      {"chain", "", "The blockchain: who is in a subnet, and what a neuron does there."},
      {"doctor", "bittensor-doctor",
       "Checks this machine and its network, and says how to mend what is wrong."},
      {"completion", "", "Prints a script that makes bash or zsh complete commands and options."},
      {"manual", "", "Prints the manual page, for man."},
      {"version", "", "Prints the version."}};
  return rows;
}

const std::vector<CommandRow>& neuron_rows() {
  static const std::vector<CommandRow> rows = {
      {"mnist", "mnist", "A neuron that learns to read handwritten digits."},
      {"cifar", "cifar", "A neuron that learns what is on small photographs."},
      {"bert", "bert", "A neuron that learns language from speeches."}};
  return rows;
}

CLI::App* add_command(CLI::App& app, const char* name) {
  const auto& rows = command_rows();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const CommandRow& one) {
    return one.name == absl::string_view(name);
  });
  BITTENSOR_CHECK(row != rows.end()) << name << " has no row";
  return app.add_subcommand(name, row->help);
}

int run_commands(CLI::App& app, int argc, char** argv, const std::string& log_level,
                 const std::vector<Action>& actions) {
  if (const auto status = read_command_line(app, argc, argv)) return *status;
  absl::Status status = start_logging(log_level);
  try {
    for (const Action& action : actions) {
      if (status.ok()) status = action();
    }
  } catch (const std::exception& error) {  // libtorch: out of memory
    status = absl::InternalError(error.what());
  }
  if (status.ok()) return kExitDone;
  std::fprintf(stderr, "%s: %s\n", command_name(app).c_str(),
               abbreviated(status.message()).c_str());
  return kExitFailed;
}

void print_error(absl::string_view message) {
  std::fprintf(stderr, "bittensor: %s\n", abbreviated(message).c_str());
}

absl::StatusOr<std::string> read_standard_input(const std::string& what, std::size_t max_bytes) {
  std::string text;
  if (isatty(STDIN_FILENO) == 0) {
    char piece[65536];
    for (ssize_t size; (size = read(STDIN_FILENO, piece, sizeof piece)) != 0;) {
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) {
        return absl::DataLossError(absl::StrCat("standard input: ", std::strerror(errno)));
      }
      text.append(piece, static_cast<std::size_t>(size));
      if (text.size() > max_bytes) {
        return absl::ResourceExhaustedError(
            absl::StrCat("standard input holds more than ", max_bytes, " bytes"));
      }
    }
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (!text.empty()) return text;
  return absl::InvalidArgumentError(
      absl::StrCat("no ", what, ": give it as an argument or on standard input"));
}

}  // namespace bittensor
