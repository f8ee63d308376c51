// SPDX-License-Identifier: MIT
#include "bittensor/command_line/completion.h"

#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace bittensor {
namespace {

// A shell's word that means `text`.
std::string shell_word(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// Calls `visit` with each command and the words that lead to it: "bittensor wallet create".
void for_each(const CommandEntry& command, const std::string& path,
              const std::function<void(const CommandEntry&, const std::string&)>& visit) {
  visit(command, path);
  for (const CommandEntry& below : command.commands) {
    for_each(below, absl::StrCat(path, " ", below.name), visit);
  }
}

// The words that may follow a command: commands and options, with what they are for.
std::vector<std::pair<std::string, std::string>> words_after(const CommandEntry& command) {
  std::vector<std::pair<std::string, std::string>> words;
  for (const CommandEntry& below : command.commands) words.emplace_back(below.name, below.help);
  for (const OptionEntry& option : command.options) {
    if (option.is_position()) {
      for (const std::string& choice : option.choices) words.emplace_back(choice, option.help);
      continue;
    }
    for (const std::string& name : option.names) words.emplace_back(name, option.help);
  }
  return words;
}

// "case" branches of the values of each option, by the command's words and the option's name.
std::string choices_by_option(const CommandEntry& program, const std::string& use) {
  std::string branches;
  for_each(program, program.name, [&](const CommandEntry& command, const std::string& path) {
    for (const OptionEntry& option : command.options) {
      if (option.is_position() || option.value.empty()) continue;
      for (const std::string& name : option.names) {
        absl::StrAppend(&branches, "    ", shell_word(absl::StrCat(path, " ", name)), ") ",
                        option.choices.empty()
                            ? "return 1"
                            : absl::StrCat(use, "=(", absl::StrJoin(option.choices, " "), ")"),
                        " ;;\n");
      }
    }
  });
  return branches;
}

// A function that finds the command that the words up to the cursor lead to: $1 is each of them.
std::string next_command(const CommandEntry& program) {
  std::string branches;
  for_each(program, program.name, [&](const CommandEntry&, const std::string& path) {
    if (path != program.name)
      absl::StrAppend(&branches, "    ", shell_word(path), ") return 0 ;;\n");
  });
  return branches;
}

}  // namespace

std::string bash_completion(const CommandEntry& program) {
  std::string words;
  for_each(program, program.name, [&](const CommandEntry& command, const std::string& path) {
    std::string list;
    for (const auto& [word, help] : words_after(command)) absl::StrAppend(&list, word, " ");
    absl::StrAppend(&words, "    ", shell_word(path), ") words=", shell_word(list), " ;;\n");
  });
  const std::string f = absl::StrReplaceAll(absl::StrCat("_", program.name), {{"-", "_"}});
  return absl::StrCat(
      "# Completion of ", program.name, " for bash: source <(", program.name,
      " completion bash)\n",  //
      f, "_is_command() {\n  case \"$1\" in\n", next_command(program), "    *) return 1 ;;\n",
      "  esac\n}\n",  //
      f, "() {\n",
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n",
      "  local command=", shell_word(program.name), " i words='' choices=()\n",
      "  for ((i = 1; i < COMP_CWORD; ++i)); do\n", "    ", f,
      "_is_command \"$command ${COMP_WORDS[i]}\" && command+=\" ${COMP_WORDS[i]}\"\n", "  done\n",
      "  COMPREPLY=()\n", "  case \"$command $before\" in\n", choices_by_option(program, "choices"),
      "    *)\n      case \"$command\" in\n", words, "      esac ;;\n", "  esac\n",
      "  COMPREPLY=($(compgen -W \"$words ${choices[*]}\" -- \"$word\"))\n", "}\n",
      "complete -o bashdefault -o default -F ", f, " ", program.name, "\n");
}

std::string zsh_completion(const CommandEntry& program) {
  std::string words;
  for_each(program, program.name, [&](const CommandEntry& command, const std::string& path) {
    std::string list;
    for (const auto& [word, help] : words_after(command)) {
      const std::string first = help.substr(0, help.find('\n'));
      absl::StrAppend(&list, " ", shell_word(absl::StrCat(word, ":", first)));
    }
    absl::StrAppend(&words, "    ", shell_word(path), ") list=(", list, ") ;;\n");
  });
  const std::string f = absl::StrReplaceAll(absl::StrCat("_", program.name), {{"-", "_"}});
  return absl::StrCat(
      "#compdef ", program.name, "\n",  //
      f, "_is_command() {\n  case \"$1\" in\n", next_command(program), "    *) return 1 ;;\n",
      "  esac\n}\n",  //
      f, "() {\n", "  local command=", shell_word(program.name),
      " before=\"${words[CURRENT-1]}\" i\n", "  local -a given choices\n",
      "  given=(\"${words[@]}\")\n", "  for ((i = 2; i < CURRENT; ++i)); do\n", "    ", f,
      "_is_command \"$command ${given[i]}\" && command+=\" ${given[i]}\"\n", "  done\n",
      "  local -a list\n", "  case \"$command $before\" in\n",
      absl::StrReplaceAll(choices_by_option(program, "choices"), {{"return 1", "_files; return"}}),
      "    *)\n      case \"$command\" in\n", words, "      esac ;;\n", "  esac\n",
      "  if (( ${#choices} )); then\n    compadd -a choices\n  else\n", "    _describe ",
      shell_word(program.name), " list\n    _files\n  fi\n", "}\n",
      "if [ \"${funcstack[1]}\" = ", shell_word(f), " ]; then ", f, " \"$@\"; else compdef ", f,
      " ", program.name, "; fi\n");
}

}  // namespace bittensor
