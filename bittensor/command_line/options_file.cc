// SPDX-License-Identifier: MIT
#include "bittensor/command_line/options_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include <toml++/toml.h>

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

absl::Status error_at(const std::string& path, const toml::source_position& position,
                      absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ":", position.line, ": ", what));
}

// As it would be written on a command line; nothing for a table, a list or a date.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return absl::StrCat(number->get());
  if (const auto* flag = node.as_boolean()) return std::string(flag->get() ? "true" : "false");
  if (const auto* number = node.as_floating_point()) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof(text), number->get());
    return std::string(text, end.ptr);
  }
  return std::nullopt;
}

absl::StatusOr<FileOption> option_of(const std::string& name, const toml::node& node,
                                     const std::string& path) {
  FileOption option{name, {}, node.is_array(), node.source().begin.line};
  const auto add = [&](const toml::node& value) {
    auto text = text_of(value);
    if (!text) {
      return error_at(path, value.source().begin,
                      absl::StrCat(name, " is neither a string, a number, a boolean nor a list of ",
                                   "these: each option stands by itself, as NAME = VALUE"));
    }
    option.values.push_back(*std::move(text));
    return absl::OkStatus();
  };
  if (const toml::array* list = node.as_array()) {
    for (const toml::node& value : *list) BITTENSOR_RETURN_IF_ERROR(add(value));
  } else {
    BITTENSOR_RETURN_IF_ERROR(add(node));
  }
  return option;
}

}  // namespace

absl::StatusOr<std::vector<FileOption>> parse_options_file(absl::string_view toml,
                                                           const std::string& path) {
  std::vector<FileOption> options;
  try {
    for (const auto& [key, node] : toml::parse(std::string_view(toml.data(), toml.size()))) {
      BITTENSOR_ASSIGN_OR_RETURN(FileOption option, option_of(std::string(key.str()), node, path));
      options.push_back(std::move(option));
    }
  } catch (const toml::parse_error& error) {
    return error_at(path, error.source().begin,
                    std::string(error.description().begin(), error.description().end()));
  }
  std::sort(options.begin(), options.end(),  // An error is of the first that is wrong.
            [](const FileOption& a, const FileOption& b) { return a.line < b.line; });
  return options;
}

absl::StatusOr<std::vector<FileOption>> read_options_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string toml(kMaxBytes + 1, '\0');
  if (file) file.read(toml.data(), static_cast<std::streamsize>(toml.size()));
  if (!file.eof() && !file) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
  }
  toml.resize(static_cast<std::size_t>(file.gcount()));
  if (toml.size() > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is too large for a file of options"));
  }
  return parse_options_file(toml, path);
}

}  // namespace bittensor
