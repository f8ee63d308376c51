// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// NAME = VALUE in a file of options.
struct FileOption {
  std::string name;
  std::vector<std::string> values;  // as on a command line; one unless it is a list
  bool is_list = false;
  std::uint32_t line = 0;  // counted from 1
};

// Reads a file of options, which is TOML without tables: an option has a string, a number, a
// boolean, or a list of these, over as many lines as one likes. kNotFound if it cannot be read,
// kInvalidArgument, with the line, if it is not such a file. Errors name `path`.
absl::StatusOr<std::vector<FileOption>> read_options_file(const std::string& path);

// The same of what is in the file.
absl::StatusOr<std::vector<FileOption>> parse_options_file(absl::string_view toml,
                                                           const std::string& path);

}  // namespace bittensor
