// SPDX-License-Identifier: MIT
#include "bittensor/command_line/command_tree.h"

#include <algorithm>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"

namespace bittensor {
namespace {

using nlohmann::json;

// CLI11 says what a value may be only in words: "TEXT:{a,b}".
std::vector<std::string> choices_in(const std::string& type_name) {
  const std::size_t open = type_name.find('{');
  const std::size_t close = type_name.find('}', open);
  if (open == std::string::npos || close == std::string::npos) return {};
  return absl::StrSplit(type_name.substr(open + 1, close - open - 1), ',', absl::SkipEmpty());
}

OptionEntry describe(const CLI::Option& option) {
  OptionEntry entry;
  for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) entry.names.push_back("-" + name);
  if (entry.names.empty()) entry.names.push_back(option.get_name());
  if (option.get_items_expected_max() > 0) {
    const std::string type = option.get_type_name();
    entry.choices = choices_in(type);
    entry.value = type.substr(0, type.find(':'));
    if (entry.value.empty()) entry.value = "VALUE";
  }
  entry.help = option.get_description();
  if (!option.get_default_str().empty() && !entry.value.empty()) {
    absl::StrAppend(&entry.help, " [", option.get_default_str(), "]");
  }
  entry.group = option.get_group();
  return entry;
}

json json_of(const CommandEntry& command) {
  json options = json::array();
  for (const OptionEntry& option : command.options) {
    options.push_back({{"names", option.names},
                       {"value", option.value},
                       {"choices", option.choices},
                       {"help", option.help},
                       {"group", option.group}});
  }
  json commands = json::array();
  for (const CommandEntry& below : command.commands) commands.push_back(json_of(below));
  return {{"name", command.name},
          {"help", command.help},
          {"footer", command.footer},
          {"options", options},
          {"commands", commands}};
}

CommandEntry entry_of(const json& from) {
  CommandEntry command{from.at("name"), from.at("help"), from.at("footer"), {}, {}};
  for (const json& option : from.at("options")) {
    command.options.push_back({option.at("names"), option.at("value"), option.at("choices"),
                               option.at("help"), option.at("group")});
    option.at("names").at(0);  // Throws if there is none.
  }
  for (const json& below : from.at("commands")) command.commands.push_back(entry_of(below));
  return command;
}

}  // namespace

const CommandEntry* CommandEntry::find(absl::string_view command) const {
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&](const CommandEntry& entry) { return entry.name == command; });
  return found == commands.end() ? nullptr : &*found;
}

CommandEntry* CommandEntry::find(absl::string_view command) {
  return const_cast<CommandEntry*>(std::as_const(*this).find(command));
}

CommandEntry describe(const CLI::App& app) {
  CommandEntry command{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options([](const CLI::Option*) { return true; })) {
    if (!option->get_group().empty()) command.options.push_back(describe(*option));
  }
  for (const CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!below->get_name().empty()) {
      command.commands.push_back(describe(*below));
      continue;
    }
    // A group of options.
    const CommandEntry group = describe(*below);
    command.options.insert(command.options.end(), group.options.begin(), group.options.end());
  }
  return command;
}

std::string to_json(const CommandEntry& command) {
  return json_of(command).dump();
}

absl::StatusOr<CommandEntry> command_of_json(const std::string& text) {
  try {
    return entry_of(json::parse(text));
  } catch (const json::exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a description of commands: ", error.what()));
  }
}

}  // namespace bittensor
