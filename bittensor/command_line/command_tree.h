// SPDX-License-Identifier: MIT
//
// The commands of a program and their options, as --help knows them: what completion.h and
// manual.h are made from. Programs tell each other theirs as JSON.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace CLI {
class App;
}

namespace bittensor {

struct OptionEntry {
  std::vector<std::string> names;    // "--port", "-p"; the name alone of what has only a position
  std::string value;                 // what the help shows for it: "TEXT"; empty: a flag
  std::vector<std::string> choices;  // what the value may be; empty: anything
  std::string help;
  std::string group;

  bool is_position() const { return names.front()[0] != '-'; }
};

struct CommandEntry {
  std::string name;
  std::string help;
  std::string footer;
  std::vector<OptionEntry> options;
  std::vector<CommandEntry> commands;

  // The command of that name, or null.
  const CommandEntry* find(absl::string_view command) const;
  CommandEntry* find(absl::string_view command);
};

// Hidden options are left out.
CommandEntry describe(const CLI::App& app);

std::string to_json(const CommandEntry& command);
// kInvalidArgument if `json` is not of to_json().
absl::StatusOr<CommandEntry> command_of_json(const std::string& json);

}  // namespace bittensor
