// SPDX-License-Identifier: MIT
//
// How all programs read what they are told: options on the command line, in the environment and in
// a file, in this order of precedence, and words that name a command.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace CLI {
class App;
}

namespace bittensor {

// Exit statuses of all programs.
enum ExitStatus { kExitDone = 0, kExitFailed = 1, kExitUsage = 2 };

// Gives `app`, a program or a command of one, --config FILE, or BITTENSOR_CONFIG in the
// environment, a file of options (options_file.h), and --print-config.
void add_config_options(CLI::App& app);

// Sets the options of `app` from `words`, the arguments of its program; from the environment, by
// the names that the options have there; and from the file of --config. What is on the command line
// counts more than the environment, and that more than the file; of a list, too, only one of them
// counts. Empty variables do not count.
//
// What is returned is to be printed instead of running: the help, the version, or what
// --print-config asks for, each option and where its value is from. kInvalidArgument, in words for
// the user, if something is wrong or unknown; it says what is nearest.
absl::StatusOr<std::optional<std::string>> read_command_line(CLI::App& app,
                                                             const std::vector<std::string>& words);

// The only argument of a program of ours that prints its commands for another one (command_tree.h).
inline constexpr char kDescribe[] = "--describe-commands";

// The same for main(): prints what is to be printed, or, to standard error, what is wrong. If
// there is a value the program ends with it.
std::optional<int> read_command_line(CLI::App& app, int argc, const char* const* argv);

// "bittensor wallet create": `app`, and the commands of it that were given.
std::string command_name(const CLI::App& app);

}  // namespace bittensor
