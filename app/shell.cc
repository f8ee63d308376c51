// SPDX-License-Identifier: MIT
#include "app/shell.h"

#include <cstdio>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "app/programs.h"

#include "bittensor/command_line/completion.h"
#include "bittensor/command_line/manual.h"

namespace bittensor {

Action add_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  CLI::App* const command = add_command(app, "completion");
  command->add_option("shell", *shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  command->footer(
      "bash: source <(bittensor completion bash)\n"
      "zsh:  bittensor completion zsh > FOLDER_OF_FPATH/_bittensor");
  return [&app, command, shell] {
    if (!command->parsed()) return absl::OkStatus();
    const CommandEntry all = all_commands(app);
    std::fputs((*shell == "zsh" ? zsh_completion(all) : bash_completion(all)).c_str(), stdout);
    return absl::OkStatus();
  };
}

Action add_manual(CLI::App& app) {
  const CLI::App* const command = add_command(app, "manual");
  return [&app, command] {
    if (!command->parsed()) return absl::OkStatus();
    std::fputs(manual_page(all_commands(app), app.version()).c_str(), stdout);
    return absl::OkStatus();
  };
}

Action add_version(CLI::App& app) {
  const CLI::App* const command = add_command(app, "version");
  return [&app, command] {
    if (command->parsed()) std::printf("%s\n", app.version().c_str());
    return absl::OkStatus();
  };
}

}  // namespace bittensor
