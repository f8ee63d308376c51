// SPDX-License-Identifier: MIT
#include "app/programs.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <poll.h>
#include <unistd.h>

#include "bittensor/base/child_process.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/command_line/command_line.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;

constexpr auto kDescribeTimeout = std::chrono::seconds(20);

// The row of `name`, or null.
const CommandRow* row_of(const std::vector<CommandRow>& rows, absl::string_view name) {
  for (const CommandRow& row : rows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

void become(const std::string& name, std::vector<char*> arguments) {
  const std::string program = program_path(name);
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  print_error(absl::StrCat(
      program, ": ", std::strerror(errno),
      errno == ENOENT ? absl::StrCat("; ./run build release ", name, " makes it") : ""));
  std::exit(kExitFailed);
}

// What another program says of itself.
absl::StatusOr<CommandEntry> description_of(const std::string& program) {
  BITTENSOR_ASSIGN_OR_RETURN(ChildProcess process,
                             ChildProcess::start({program_path(program), kDescribe}, {}));
  const auto give_up = std::chrono::steady_clock::now() + kDescribeTimeout;
  std::vector<std::string> lines;
  while (true) {
    const bool ended = process.ended();  // Before the read: all it wrote is there.
    for (std::string& line : process.read_lines()) lines.push_back(std::move(line));
    if (ended) break;
    if (std::chrono::steady_clock::now() > give_up) {
      return absl::DeadlineExceededError(absl::StrCat(program, " does not describe itself"));
    }
    pollfd output{process.output(), POLLIN, 0};
    poll(&output, 1, /*ms=*/20);
  }
  return command_of_json(absl::StrJoin(lines, "\n"));
}

}  // namespace

std::string program_path(const std::string& name) {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path example = folder.parent_path() / "examples" / name;
  return !fs::exists(folder / name, error) && fs::exists(example, error) ? example : folder / name;
}

void become_program_of(int argc, char** argv) {
  if (argc < 2) return;
  const CommandRow* row = row_of(command_rows(), argv[1]);
  if (row != nullptr && *row->program != '\0') {
    become(row->program, std::vector<char*>(argv, argv + argc));
  }
  if (argc < 3 || argv[1] != std::string("neuron")) return;
  row = row_of(neuron_rows(), argv[2]);
  if (row == nullptr) return;
  std::string name = absl::StrCat("bittensor neuron ", row->name);  // as it calls itself
  std::vector<char*> arguments = {name.data()};
  arguments.insert(arguments.end(), argv + 3, argv + argc);
  become(row->program, std::move(arguments));
}

Action add_neuron(CLI::App& app) {
  CLI::App* const neuron = add_command(app, "neuron");
  neuron->require_subcommand(1);
  for (const CommandRow& row : neuron_rows()) neuron->add_subcommand(row.name, row.help);
  neuron->footer("bittensor neuron MODEL --help lists its options.");
  return [] { return absl::OkStatus(); };
}

void show_help_of_swarms_neuron(int argc, char** argv) {
  const auto asks = [](const char* word) {
    return word == std::string("--help") || word == std::string("-h");
  };
  if (argc < 4 || argv[1] != std::string("swarm") || !std::any_of(argv + 3, argv + argc, asks))
    return;
  const CommandRow* row = row_of(neuron_rows(), argv[2]);
  if (row == nullptr) return;
  std::printf("\n");
  std::fflush(stdout);
  std::string name = absl::StrCat("bittensor neuron ", row->name);
  std::string help = "--help";
  become(row->program, {name.data(), help.data()});
}

CommandEntry all_commands(const CLI::App& app) {
  CommandEntry all = describe(app);
  for (const CommandRow& row : command_rows()) {
    CommandEntry* const command = all.find(row.name);
    if (command == nullptr || *row.program == '\0') continue;
    const auto described = description_of(row.program);
    if (!described.ok()) continue;
    const CommandEntry* found = described->find(row.name);
    *command = found != nullptr ? *found : *described;  // a program of one command is that command
    command->name = row.name;
  }
  for (const CommandRow& row : neuron_rows()) {
    CommandEntry* const command = all.find("neuron")->find(row.name);
    auto described = description_of(row.program);
    if (!described.ok()) continue;
    described->name = row.name;
    *command = *std::move(described);
  }
  return all;
}

}  // namespace bittensor
