// SPDX-License-Identifier: MIT
//
// How options are declared: name, value, help and checks in one place. Includes CLI11, which takes
// long to compile: for .cc files.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"

#include "bittensor/base/executor.h"

namespace bittensor {

// Options under one heading of the help. Each is also an environment variable, BITTENSOR_NAME, and
// NAME = VALUE in the file that --config names (command_line.h).
class OptionGroup {
 public:
  OptionGroup(CLI::App& app, std::string heading) : app_(app), heading_(std::move(heading)) {}

  // Given twice, the last one counts, so that a program that adds options can be overruled; of a
  // list all count.
  template <typename T>
  CLI::Option* add(const std::string& name, T& value, const std::string& help) const {
    CLI::Option* option = finish(app_.add_option("--" + name, value, help), name);
    if constexpr (!std::is_same_v<T, std::vector<std::string>>) {
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    return option->capture_default_str();
  }

  CLI::Option* flag(const std::string& name, bool& value, const std::string& help) const {
    return finish(app_.add_flag("--" + name, value, help), name)
        ->default_str(value ? "true" : "false");  // of --print-config
  }

  // One of `choices`, by the names that to_string() gives them.
  template <typename T>
  CLI::Option* choice(const std::string& name, T& value, const std::vector<T>& choices,
                      const std::string& help) const {
    std::vector<std::string> names;
    for (const T& one : choices) names.push_back(to_string(one));
    const auto take = [&value, choices](const std::string& word) {
      for (const T& one : choices) {
        if (to_string(one) == word) value = one;
      }
    };
    return call<std::string>(name, take, to_string(value), help)->check(CLI::IsMember(names));
  }

  // A time in seconds, parts of them too.
  CLI::Option* seconds(const std::string& name, Duration& value, const std::string& help) const {
    const auto take = [&value](double count) {
      value = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(count));
    };
    return call<double>(name, take,
                        CLI::detail::to_string(std::chrono::duration<double>(value).count()), help);
  }

  // A size, or bytes a second, in MiB.
  template <typename T>
  CLI::Option* mebibytes(const std::string& name, T& bytes, const std::string& help) const {
    constexpr T kMebibyte = T{1 << 20};
    return call<T>(
        name, [&bytes](T count) { bytes = count * kMebibyte; },
        CLI::detail::to_string(bytes / kMebibyte), help);
  }

  // For options that `take` reads itself; it throws CLI::ValidationError.
  template <typename T>
  CLI::Option* call(const std::string& name, const std::function<void(const T&)>& take,
                    const std::string& initial, const std::string& help) const {
    CLI::Option* option = finish(app_.add_option_function<T>("--" + name, take, help), name);
    if constexpr (!std::is_same_v<T, std::vector<std::string>>) {
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    return option->default_str(initial);
  }

 private:
  CLI::Option* finish(CLI::Option* option, const std::string& name) const {
    return option->group(heading_)->envname("BITTENSOR_" +
                                            absl::AsciiStrToUpper(name.substr(0, name.find(','))));
  }

  CLI::App& app_;
  const std::string heading_;
};

}  // namespace bittensor
