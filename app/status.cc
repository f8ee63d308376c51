// SPDX-License-Identifier: MIT
#include "app/status.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/status_macros.h"
#include "bittensor/watch/state_files.h"

namespace bittensor {
namespace {

struct StatusOptions {
  std::vector<std::string> paths = {"."};
  bool all = false;
  bool json = false;
};

double unix_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// A status file, a neuron's key, which has it beside it, or a folder with any number of them.
std::vector<std::string> files_at(const std::string& path) {
  if (std::filesystem::is_directory(path)) return find_status_files(path);
  const std::filesystem::path file(path);
  if (file.extension() != ".key") return {path};
  return {std::filesystem::path(file).replace_extension("status.json")};
}

// Those that are asked for: of the neurons that run, or if none does, of the one that ran last.
absl::StatusOr<std::vector<StatusFile>> read_files(const StatusOptions& options) {
  std::vector<StatusFile> files;
  for (const std::string& path : options.paths) {
    const bool folder = std::filesystem::is_directory(path);
    for (const std::string& name : files_at(path)) {
      auto file = read_status_file(name);
      if (!file.ok() && !folder) return file.status();
      if (file.ok()) files.push_back(*std::move(file));
    }
  }
  if (files.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no neuron under ", absl::StrJoin(options.paths, ", "),
                     ": each writes NAME.status.json beside its key NAME.key, unless --no_status"));
  }
  if (options.all) return files;
  std::vector<StatusFile> running;
  for (const StatusFile& file : files) {
    if (file.runs()) running.push_back(file);
  }
  if (running.empty()) running.push_back(files.front());
  return running;
}

absl::Status show_status(const StatusOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const std::vector<StatusFile> files, read_files(options));
  const double now_s = unix_s();
  nlohmann::json list = nlohmann::json::array();
  for (const StatusFile& file : files) {
    if (!options.json) {
      std::printf("%s\n", status_text(file, now_s).c_str());
      continue;
    }
    list.push_back(to_json(file.state));
    list.back()["file"] = file.path;
    list.back()["runs"] = file.runs();
    list.back()["updated_s"] = file.updated_s;
  }
  const auto replace = nlohmann::json::error_handler_t::replace;
  if (options.json) std::printf("%s\n", list.dump(2, ' ', false, replace).c_str());
  return absl::OkStatus();
}

}  // namespace

std::function<absl::Status()> add_status(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "status", "Says what the neurons of this machine do, what they wait for, and with whom.");
  const auto options = std::make_shared<StatusOptions>();
  command->add_option("path", options->paths,
                      "status files, keys, or folders to look in; default: this folder");
  command->add_flag("--all", options->all, "also those that do not run any more");
  command->add_flag("--json", options->json, "print the whole state of each (docs/operations/)");
  return
      [command, options] { return command->parsed() ? show_status(*options) : absl::OkStatus(); };
}

}  // namespace bittensor
