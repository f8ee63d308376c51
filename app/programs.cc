// SPDX-License-Identifier: MIT
#include "app/programs.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <poll.h>
#include <unistd.h>

#include "bittensor/base/cache_folder.h"
#include "bittensor/base/child_process.h"
#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/command_line/command_line.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;

constexpr auto kDescribeTimeout = std::chrono::seconds(60);  // of all, on a busy machine

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

// What other programs say of themselves. Loading libtorch takes each of them a second, and a shell
// that starts asks for all: what they said is kept in a file each, until the program is another.
class Descriptions {
 public:
  // Starts `program` if what it says is not known yet.
  void ask(const std::string& program) {
    const auto [it, is_new] = asked_.try_emplace(program);
    if (!is_new) return;  // a program of several commands
    Asked& asked = it->second;
    const std::string path = program_path(program);
    asked.stamp = stamp_of(path);
    asked.file = absl::StrCat(cache_folder(), "/commands/", fs::path(path).filename().string(), "-",
                              absl::Hex(std::hash<std::string>()(path)));
    std::ifstream file(asked.file);
    std::string line;
    if (std::getline(file, line) && line == asked.stamp && std::getline(file, line) &&
        command_of_json(line).ok()) {
      asked.json = line;
      return;
    }
    auto process = ChildProcess::start({path, kDescribe}, {});
    if (process.ok()) asked.process.emplace(*std::move(process));
  }

  // What it says; waits for it.
  absl::StatusOr<CommandEntry> take(const std::string& program) {
    Asked& asked = asked_[program];
    const bool is_news = asked.process.has_value();
    if (is_news) {
      BITTENSOR_ASSIGN_OR_RETURN(asked.json, read(program, *asked.process));
      asked.process.reset();
    }
    BITTENSOR_ASSIGN_OR_RETURN(CommandEntry described, command_of_json(asked.json));
    if (is_news) keep(asked);
    return described;
  }

 private:
  struct Asked {
    std::optional<ChildProcess> process;
    std::string stamp;  // which program it was
    std::string file;   // where it is kept
    std::string json;
  };

  static std::string stamp_of(const std::string& path) {
    std::error_code error;
    const auto written = fs::last_write_time(path, error).time_since_epoch().count();
    return absl::StrCat(path, " ", fs::file_size(path, error), " ", written);
  }

  static absl::StatusOr<std::string> read(const std::string& program, ChildProcess& process) {
    const auto give_up = std::chrono::steady_clock::now() + kDescribeTimeout;
    std::vector<std::string> lines;
    while (true) {
      const bool ended = process.ended();  // Before the read: all it wrote is there.
      for (std::string& line : process.read_lines()) lines.push_back(std::move(line));
      if (ended) return absl::StrJoin(lines, " ");
      if (std::chrono::steady_clock::now() > give_up) {
        return absl::DeadlineExceededError(absl::StrCat(program, " does not describe itself"));
      }
      pollfd output{process.output(), POLLIN, 0};
      poll(&output, 1, /*ms=*/20);
    }
  }

  // Where that cannot be, it is asked again the next time.
  static void keep(const Asked& asked) {
    std::error_code error;
    fs::create_directories(fs::path(asked.file).parent_path(), error);
    write_whole_file(asked.file, {asked.stamp, "\n", asked.json, "\n"}).IgnoreError();
  }

  std::map<std::string, Asked> asked_;
};

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
  Descriptions descriptions;
  for (const auto* rows : {&command_rows(), &neuron_rows()}) {  // all at the same time
    for (const CommandRow& row : *rows) {
      if (*row.program != '\0') descriptions.ask(row.program);
    }
  }
  for (const CommandRow& row : command_rows()) {
    CommandEntry* const command = all.find(row.name);
    if (command == nullptr || *row.program == '\0') continue;
    const auto described = descriptions.take(row.program);
    if (!described.ok()) continue;
    const CommandEntry* found = described->find(row.name);
    *command = found != nullptr ? *found : *described;  // a program of one command is that command
    command->name = row.name;
  }
  for (const CommandRow& row : neuron_rows()) {
    CommandEntry* const command = all.find("neuron")->find(row.name);
    auto described = descriptions.take(row.program);
    if (!described.ok()) continue;
    described->name = row.name;
    *command = *std::move(described);
  }
  return all;
}

}  // namespace bittensor
