// SPDX-License-Identifier: MIT
#include "bittensor/command_line/manual.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace bittensor {
namespace {

// Text that roff shows as it is.
std::string plain(const std::string& text) {
  std::string escaped = absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}, {"\n", "\n.br\n"}});
  if (absl::StartsWith(escaped, ".") || absl::StartsWith(escaped, "'")) {
    escaped.insert(0, "\\&");
  }
  return escaped;
}

std::string bold(const std::string& text) {
  return absl::StrCat("\\fB", plain(text), "\\fR");
}

std::string option_line(const OptionEntry& option) {
  if (option.is_position()) return bold(absl::AsciiStrToUpper(option.names.front()));
  std::string line = absl::StrJoin(option.names, ", ", [](std::string* out, const auto& name) {
    absl::StrAppend(out, bold(name));
  });
  if (!option.choices.empty()) {
    absl::StrAppend(&line, " ", plain(absl::StrJoin(option.choices, "|")));
  } else if (!option.value.empty()) {
    absl::StrAppend(&line, " \\fI", plain(option.value), "\\fR");
  }
  return line;
}

void add_command(const CommandEntry& command, const std::string& path, std::string& page) {
  absl::StrAppend(&page, ".SS ", bold(path), "\n", plain(command.help), "\n");
  for (const OptionEntry& option : command.options) {
    absl::StrAppend(&page, ".TP\n", option_line(option), "\n", plain(option.help), "\n");
  }
  if (!command.footer.empty()) absl::StrAppend(&page, ".PP\n", plain(command.footer), "\n");
  for (const CommandEntry& below : command.commands) {
    add_command(below, absl::StrCat(path, " ", below.name), page);
  }
}

}  // namespace

std::string manual_page(const CommandEntry& program, const std::string& version) {
  std::string page = absl::StrCat(
      ".TH ", absl::AsciiStrToUpper(program.name), " 1 \"\" \"", plain(version), "\"\n",
      ".SH NAME\n", plain(program.name), " \\- ", plain(program.help), "\n", ".SH SYNOPSIS\n",
      bold(program.name), " \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n", ".SH COMMANDS\n");
  for (const CommandEntry& command : program.commands) {
    add_command(command, absl::StrCat(program.name, " ", command.name), page);
  }
  absl::StrAppend(
      &page,
      ".SH EXIT STATUS\n.TP\n0\nThe command did what it was asked for.\n"
      ".TP\n1\nIt failed, or was stopped before it was done; standard error says why.\n"
      ".TP\n2\nThe command line, the environment or the configuration file is wrong.\n");
  return page;
}

}  // namespace bittensor
