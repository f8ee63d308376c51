// SPDX-License-Identifier: MIT
//
// The commands of `bittensor`, which program each is in, and what these programs share.
//
// `bittensor` itself has what needs neither libtorch nor gRPC. For another command it becomes the
// program that has it, as git does: a wallet opens without loading libtorch, and `./run mnist`
// builds only what it needs. A new command is a row in commands.cc and, in its program, a function
// like add_wallet().
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace CLI {
class App;
}

namespace bittensor {

struct CommandRow {
  const char* name;
  const char* program;  // beside this one; empty: this one
  const char* help;
};

// In the order of the help.
const std::vector<CommandRow>& command_rows();

// The models of `bittensor neuron MODEL`, whose programs are those of examples/.
const std::vector<CommandRow>& neuron_rows();

// Adds the command of that name to `app`, with its help.
CLI::App* add_command(CLI::App& app, const char* name);

// Does what was asked for on the command line; nothing if that was another command.
using Action = std::function<absl::Status()>;

// The rest of main(): reads the command line into `app`, sets up logging, does the actions, says
// what failed. Returns the exit status.
int run_commands(CLI::App& app, int argc, char** argv, const std::string& log_level,
                 const std::vector<Action>& actions);

// Prints "bittensor: MESSAGE" to standard error. A long message is cut in its middle.
void print_error(absl::string_view message);

// What is piped into this program, without the newline at its end. kInvalidArgument, saying that
// `what` is missing, if standard input is a terminal or empty; kResourceExhausted if it holds more
// than `max_bytes`.
absl::StatusOr<std::string> read_standard_input(const std::string& what, std::size_t max_bytes);

}  // namespace bittensor
