// SPDX-License-Identifier: MIT
#include "bittensor/command_line/command_line.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

#include "bittensor/base/abbreviated.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/command_line/command_tree.h"
#include "bittensor/command_line/nearest_word.h"
#include "bittensor/command_line/options_file.h"

namespace bittensor {
namespace {

constexpr char kConfig[] = "--config";
constexpr char kConfigVariable[] = "BITTENSOR_CONFIG";
constexpr char kPrintConfig[] = "--print-config";

using Options = std::vector<const CLI::Option*>;
// Where an option that is not on the command line has its value from, in words.
using Origins = std::map<const CLI::Option*, std::string>;

bool is_list(const CLI::Option& option) {
  return option.get_items_expected_max() > 1;
}

bool is_flag(const CLI::Option& option) {
  return option.get_items_expected_max() == 0;
}

// "axon_port", which is also its name in a file.
std::string name_of(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_name() : option.get_lnames().front();
}

const CLI::Option* find(const CLI::App& app, const std::string& name) {
  return app.get_option_no_throw(name);
}

// The options that may be in a file or in the environment.
Options configurable_options(const CLI::App& app) {
  const auto configurable = [](const CLI::Option* option) {
    return option->get_configurable() && !option->get_lnames().empty();
  };
  return app.get_options(configurable);
}

std::vector<std::string> names_of(const Options& options, const std::string& prefix) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options) {
    if (option->get_group().empty()) continue;  // hidden
    for (const std::string& name : option->get_lnames()) names.push_back(prefix + name);
  }
  return names;
}

bool asks_for_help(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return word == "--help" || word == "-h"; });
}

// The options that `words` name.
Options options_among(const CLI::App& app, const std::vector<std::string>& words) {
  Options options;
  for (const std::string& word : words) {
    if (word == "--") break;
    if (!absl::StartsWith(word, "--")) continue;
    const CLI::Option* option = find(app, word.substr(0, word.find('=')));
    if (option != nullptr) options.push_back(option);
  }
  return options;
}

std::string variable(const std::string& name) {
  const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

// The file to read, the last one if several are named; empty: none.
std::string config_file(const std::vector<std::string>& words) {
  std::string file = variable(kConfigVariable);
  const std::string assigned = absl::StrCat(kConfig, "=");
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    if (absl::StartsWith(words[i], assigned)) file = words[i].substr(assigned.size());
    if (words[i] == kConfig && i + 1 < words.size()) file = words[i + 1];
  }
  return file;
}

absl::Status wrong(const FileOption& setting, const std::string& file, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(file, ":", setting.line, ": ", what));
}

// What the file says about an option, as words of a command line.
absl::StatusOr<std::vector<std::string>> words_of(const FileOption& setting,
                                                  const CLI::Option& option,
                                                  const std::string& file) {
  if (!is_list(option) && setting.values.size() != 1) {
    return wrong(
        setting, file,
        absl::StrCat(setting.name, " has ", setting.values.size(), " values and takes one"));
  }
  std::vector<std::string> words;
  for (const std::string& value : setting.values) {
    if (!value.empty()) {
      words.push_back(absl::StrCat("--", setting.name, "=", value));
    } else if (is_list(option) || !option.get_default_str().empty()) {
      return wrong(setting, file, absl::StrCat(setting.name, " is empty; leave it out"));
    }
  }
  return words;
}

// What the environment and the file add to `words`; where from is noted in `origins`.
absl::StatusOr<std::vector<std::string>> settings_beside(const CLI::App& app,
                                                         const std::vector<std::string>& words,
                                                         Origins& origins) {
  std::vector<std::string> added;
  const Options options = configurable_options(app);
  const Options given = options_among(app, words);
  const auto is_settled = [&](const CLI::Option* option) {
    return origins.count(option) > 0 ||
           std::find(given.begin(), given.end(), option) != given.end();
  };
  for (const CLI::Option* option : options) {
    const std::string value = variable(option->get_envname());
    if (value.empty() || is_settled(option)) continue;
    added.push_back(absl::StrCat("--", name_of(*option), "=", value));
    origins[option] = absl::StrCat("environment, ", option->get_envname());
  }

  const std::string file = config_file(words);
  if (file.empty()) return added;
  BITTENSOR_ASSIGN_OR_RETURN(const std::vector<FileOption> settings, read_options_file(file));
  for (const FileOption& setting : settings) {
    const CLI::Option* option = find(app, "--" + setting.name);
    if (std::find(options.begin(), options.end(), option) == options.end()) {
      return wrong(setting, file,
                   absl::StrCat(setting.name, " is not an option",
                                did_you_mean(setting.name, names_of(options, ""))));
    }
    BITTENSOR_ASSIGN_OR_RETURN(const std::vector<std::string> more,
                               words_of(setting, *option, file));
    if (more.empty() || is_settled(option)) continue;
    added.insert(added.end(), more.begin(), more.end());
    origins[option] = absl::StrCat("file, ", file, ":", setting.line);
  }
  return added;
}

// The values as they count: of an option given twice, the last one.
std::vector<std::string> values_of(const CLI::Option& option) {
  if (option.count() == 0) {
    return {option.get_default_str()};
  }
  std::vector<std::string> values = option.reduced_results();
  if (is_flag(option)) values = {option.as<bool>() ? "true" : "false"};
  return values;
}

// Whether TOML reads `text` as the number it is: a key of digits alone is none.
bool is_toml_number(absl::string_view text) {
  constexpr std::size_t kMostDigits = 18;  // of what fits int64
  double number = 0;
  const absl::string_view digits = absl::StripPrefix(text, "-");
  return digits.size() <= kMostDigits && absl::SimpleAtod(text, &number) &&
         absl::ascii_isdigit(digits.front()) && absl::ascii_isdigit(digits.back()) &&
         (digits.size() == 1 || digits[0] != '0' || !absl::ascii_isdigit(digits[1]));
}

std::string toml_value(const std::string& text) {
  if (text == "true" || text == "false" || is_toml_number(text)) return text;
  return absl::StrCat("\"", absl::CEscape(text), "\"");
}

// A file of options that says what the program was told, with a note of where from.
std::string configuration_of(const CLI::App& app, const Origins& origins) {
  std::string text;
  std::string heading;
  for (const CLI::Option* option : configurable_options(app)) {
    if (option->get_group().empty() && option->count() == 0) continue;  // hidden
    // What is the default of one whose value may be left out is that value.
    const bool optional_value = !is_flag(*option) && option->get_expected_min() == 0;
    if (optional_value && option->count() == 0) continue;
    if (option->get_group() != heading) {
      heading = option->get_group();
      absl::StrAppend(&text, text.empty() ? "" : "\n", "# ", heading, "\n");
    }
    const std::vector<std::string> values = values_of(*option);
    std::string value;
    if (!is_list(*option)) {
      value = toml_value(values.front());
    } else if (option->count() == 0) {
      value = "[]";
    } else {
      value = absl::StrCat("[",
                           absl::StrJoin(values, ", ",
                                         [](std::string* out, const std::string& one) {
                                           absl::StrAppend(out, toml_value(one));
                                         }),
                           "]");
    }
    const auto found = origins.find(option);
    const std::string origin = found != origins.end() ? found->second
                               : option->count() > 0  ? "command line"
                                                      : "default";
    absl::StrAppend(&text, absl::StrFormat("%-40s # %s\n",
                                           absl::StrCat(name_of(*option), " = ", value), origin));
  }
  return text;
}

// What is wrong with the first word that should name a command, or is missing; "" if nothing is.
std::string wrong_command(const CLI::App& app, const std::vector<std::string>& words,
                          std::size_t at = 0) {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  if (commands.empty() || app.get_require_subcommand_min() == 0) return "";
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  if (at == words.size()) {
    return absl::StrCat("a command is missing: ", absl::StrJoin(names, ", "));
  }
  if (words[at].empty() || words[at][0] == '-') return "";
  for (const CLI::App* command : commands) {
    if (command->get_name() == words[at]) return wrong_command(*command, words, at + 1);
  }
  return absl::StrCat("'", words[at], "' is not a command", did_you_mean(words[at], names));
}

// The command that the first of `words` name; `app` itself if they name none.
CLI::App& named_command(CLI::App& app, const std::vector<std::string>& words, std::size_t at = 0) {
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    if (at < words.size() && command->get_name() == words[at]) {
      return named_command(*command, words, at + 1);
    }
  }
  return app;
}

const CLI::App& given_command(const CLI::App& app) {
  const auto given = app.get_subcommands();
  return given.empty() ? app : given_command(*given.front());
}

// The first word that nothing in `app` takes.
std::string unknown_word(const CLI::App& app) {
  const CLI::App& command = given_command(app);
  const std::vector<std::string> left = app.remaining(/*recurse=*/true);
  if (left.empty()) return "one word is too much";
  const std::string word = left.front().substr(0, left.front().find('='));
  if (!absl::StartsWith(word, "-")) return absl::StrCat("'", word, "' is not expected here");
  return absl::StrCat(
      word, " is not an option",
      did_you_mean(word,
                   names_of(command.get_options([](const CLI::Option*) { return true; }), "--")));
}

// Whether `text` names `option`, not only one whose name begins like it.
bool names_option(absl::string_view text, const CLI::Option& option) {
  const std::string name = "--" + name_of(option);
  for (auto at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if (end == text.size() || (!absl::ascii_isalnum(text[end]) && text[end] != '_')) return true;
  }
  return false;
}

std::string explained(const CLI::App& app, const CLI::ParseError& error, const Origins& origins) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) return unknown_word(app);
  std::string text = error.what();
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    // Of an option it has the dashes; of a position only the name.
    const std::string name = text.substr(0, text.find(' '));
    const CLI::Option* option = find(given_command(app), name);
    if (option != nullptr && option->get_positional() && !absl::StartsWith(name, "-")) {
      text = absl::StrCat("the argument ", absl::AsciiStrToUpper(name), " is missing");
    }
  }
  for (const auto& [option, origin] : origins) {
    if (names_option(text, *option)) absl::StrAppend(&text, " (", origin, ")");
  }
  return text;
}

}  // namespace

void add_config_options(CLI::App& app) {
  app.add_option(kConfig, "file of options, as NAME = VALUE (TOML)")
      ->type_name("FILE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->envname(kConfigVariable)
      ->configurable(false);
  // Not the literal itself: C++20 takes one for a variable to be set.
  const std::string print_config = "print each option's value and where it is from, and end";
  app.add_flag(kPrintConfig, print_config)->configurable(false);
  app.footer(
      "Each option is also NAME = VALUE in the file of --config, and the variable in (Env:...). "
      "The command line wins over the environment, and that over the file.");
}

std::string command_name(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* command = &app; !command->get_subcommands().empty();) {
    command = command->get_subcommands().front();
    absl::StrAppend(&name, " ", command->get_name());
  }
  return name;
}

absl::StatusOr<std::optional<std::string>> read_command_line(
    CLI::App& app, const std::vector<std::string>& words) {
  if (const std::string problem = wrong_command(app, words); !problem.empty()) {
    return absl::InvalidArgumentError(problem);
  }
  std::vector<std::string> all = words;
  Origins origins;
  const CLI::App& command = named_command(app, words);
  const bool configured = find(command, kConfig) != nullptr;
  if (configured && !asks_for_help(words)) {
    BITTENSOR_ASSIGN_OR_RETURN(const auto added, settings_beside(command, words, origins));
    all.insert(std::find(all.begin(), all.end(), "--"), added.begin(), added.end());
  }
  std::reverse(all.begin(), all.end());
  try {
    app.parse(std::move(all));
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::CallForVersion& version) {
    return absl::StrCat(version.what(), "\n");
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(explained(app, error, origins));
  }
  if (configured && command.count(kPrintConfig) > 0) return configuration_of(command, origins);
  return std::nullopt;
}

std::optional<int> read_command_line(CLI::App& app, int argc, const char* const* argv) {
  if (argc == 2 && std::string(argv[1]) == kDescribe) {
    std::puts(to_json(describe(app)).c_str());
    return kExitDone;
  }
  const auto answer =
      read_command_line(app, std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  if (!answer.ok()) {
    std::fprintf(stderr, "%s: %s (--help lists what there is)\n", command_name(app).c_str(),
                 abbreviated(answer.status().message()).c_str());
    return kExitUsage;
  }
  if (!answer->has_value()) return std::nullopt;
  std::fputs((*answer)->c_str(), stdout);
  return kExitDone;
}

}  // namespace bittensor
