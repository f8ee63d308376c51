// SPDX-License-Identifier: MIT
//
// The programs beside `bittensor` that have the rest of its commands.
#pragma once

#include <string>

#include "app/commands.h"

#include "bittensor/command_line/command_tree.h"

namespace bittensor {

// Where the program `name` is: beside this one, or in examples/ beside its folder.
std::string program_path(const std::string& name);

// If the command line is for another program, becomes that one; exits with an error if it cannot.
// Otherwise returns.
void become_program_of(int argc, char** argv);

// `bittensor neuron mnist|cifar|bert`, for the help: what becomes other programs.
Action add_neuron(CLI::App& app);

// After the help of `bittensor swarm MODEL --help` becomes the model's program, for its help: a
// swarm hands on what its neurons take.
void show_help_of_swarms_neuron(int argc, char** argv);

// What `app` takes, and what the other programs do, as far as they are built.
CommandEntry all_commands(const CLI::App& app);

}  // namespace bittensor
