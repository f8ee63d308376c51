// SPDX-License-Identifier: MIT
#include "app/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "CLI/CLI.hpp"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/abbreviated.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/checkpoint.h"
#include "bittensor/toolbox/safetensors.h"
#include "bittensor/toolbox/torch_file.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct CheckpointOptions {
  std::string folder = "runs";
  std::string file;
  std::string to;
  std::string part = "synapse";
  bool as_json = false;
};

// A checkpoint is a stranger's file: what it says must not move the cursor.
std::string shown(const std::string& text) {
  constexpr std::size_t kMost = 120;  // bytes: a BERT's vocabulary is text of a checkpoint, too
  return absl::CHexEscape(abbreviated(text, kMost));
}

std::string shape_of(const at::Tensor& tensor) {
  return absl::StrCat("[", absl::StrJoin(tensor.sizes(), ", "), "]");
}

std::int64_t elements_of(const StateDict& state) {
  std::int64_t sum = 0;
  for (const auto& [name, tensor] : state) sum += tensor.numel();
  return sum;
}

std::string loss_of(const Checkpoint& checkpoint) {
  if (!std::isfinite(checkpoint.best_test_loss)) return "-";
  return absl::StrFormat("%.4f", checkpoint.best_test_loss);
}

absl::StatusOr<std::vector<std::string>> checkpoints_below(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> paths;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                         error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().extension() == ".pt" && entry->is_regular_file(ignored)) {
      paths.push_back(entry->path().string());
    }
  }
  if (error) return absl::NotFoundError(absl::StrCat(folder, ": ", error.message()));
  std::sort(paths.begin(), paths.end());
  return paths;
}

json summary_of(const std::string& path, const Checkpoint& checkpoint) {
  return {
      {"file", path},
      {"kind", checkpoint.kind},
      {"epoch", checkpoint.epoch},
      {"step", checkpoint.step},
      {"best_test_loss",
       std::isfinite(checkpoint.best_test_loss) ? json(checkpoint.best_test_loss) : json(nullptr)},
      {"parameters", elements_of(checkpoint.synapse)}};
}

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::Status list(const CheckpointOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const std::vector<std::string> paths,
                             checkpoints_below(options.folder));
  if (!options.as_json) {
    std::printf("%-8s %6s %8s %9s %12s  %s\n", "kind", "epoch", "step", "test loss", "parameters",
                "file");
  }
  int unreadable = 0;
  for (const std::string& path : paths) {
    const auto checkpoint = load_checkpoint(path);
    if (!checkpoint.ok()) {
      ++unreadable;
      print_error(checkpoint.status().message());
    } else if (options.as_json) {
      std::printf("%s\n", text_of(summary_of(path, *checkpoint)).c_str());
    } else {
      std::printf("%-8s %6lld %8lld %9s %12lld  %s\n", shown(checkpoint->kind).c_str(),
                  static_cast<long long>(checkpoint->epoch),
                  static_cast<long long>(checkpoint->step), loss_of(*checkpoint).c_str(),
                  static_cast<long long>(elements_of(checkpoint->synapse)), path.c_str());
    }
  }
  if (unreadable == 0) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(unreadable, " of ", paths.size(), " cannot be read"));
}

absl::Status show(const CheckpointOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const Checkpoint checkpoint, load_checkpoint(options.file));
  const std::vector<std::pair<const char*, const StateDict*>> parts = {
      {"synapse", &checkpoint.synapse},
      {"router", &checkpoint.router},
      {"optimizer", &checkpoint.optimizer.tensors},
      {"neuron", &checkpoint.neuron}};
  if (options.as_json) {
    json all = summary_of(options.file, checkpoint);
    all["config"] = checkpoint.config;
    all["optimizer_kind"] = checkpoint.optimizer.kind;
    for (const auto& [part, state] : parts) {
      json& tensors = all["tensors"][part] = json::object();
      for (const auto& [name, tensor] : *state) {
        tensors[name] = {{"dtype", c10::toString(tensor.scalar_type())},
                         {"shape", tensor.sizes().vec()}};
      }
    }
    std::printf("%s\n", text_of(all).c_str());
    return absl::OkStatus();
  }
  std::printf("%s: %s, epoch %lld, step %lld, best test loss %s, optimizer %s\n",
              options.file.c_str(), shown(checkpoint.kind).c_str(),
              static_cast<long long>(checkpoint.epoch), static_cast<long long>(checkpoint.step),
              loss_of(checkpoint).c_str(), shown(checkpoint.optimizer.kind).c_str());
  for (const auto& [name, value] : checkpoint.config) {
    std::printf("  %s = %s\n", shown(name).c_str(), shown(value).c_str());
  }
  for (const auto& [part, state] : parts) {
    std::printf("%s: %zu tensors, %lld numbers\n", part, state->size(),
                static_cast<long long>(elements_of(*state)));
    for (const auto& [name, tensor] : *state) {
      std::printf("  %-40s %-8s %s\n", shown(name).c_str(), c10::toString(tensor.scalar_type()),
                  shape_of(tensor).c_str());
    }
  }
  return absl::OkStatus();
}

// By the name of the file that is to be written.
absl::Status write(const std::string& to, const TensorMap& tensors) {
  if (absl::EndsWith(to, ".safetensors")) return write_safetensors(to, tensors);
  if (absl::EndsWith(to, ".pt") || absl::EndsWith(to, ".pth") || absl::EndsWith(to, ".bin")) {
    return write_torch_file(to, tensors);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--to ", to, ": the name must end in .safetensors, or in .pt, .pth or .bin"));
}

absl::Status export_tensors(const CheckpointOptions& options) {
  std::error_code error;
  if (fs::exists(options.to, error)) {
    return absl::AlreadyExistsError(absl::StrCat("--to ", options.to, " is there already"));
  }
  BITTENSOR_ASSIGN_OR_RETURN(const Checkpoint checkpoint, load_checkpoint(options.file));
  const StateDict& state = options.part == "router" ? checkpoint.router : checkpoint.synapse;
  BITTENSOR_RETURN_IF_ERROR(write(options.to, state));
  std::printf("%s: %zu tensors, %lld numbers\n", options.to.c_str(), state.size(),
              static_cast<long long>(elements_of(state)));
  return absl::OkStatus();
}

}  // namespace

Action add_checkpoint(CLI::App& app) {
  auto options = std::make_shared<CheckpointOptions>();
  auto action = std::make_shared<Action>([] { return absl::OkStatus(); });
  CLI::App* const checkpoint = add_command(app, "checkpoint");
  checkpoint->require_subcommand(1);
  const auto add = [&](const char* name, const char* help,
                       absl::Status (*run)(const CheckpointOptions&)) {
    CLI::App* const command = checkpoint->add_subcommand(name, help);
    command->callback([=] { *action = [=] { return run(*options); }; });
    return command;
  };
  CLI::App* const list_command = add("list", "Lists the checkpoints in a folder.", list);
  list_command->add_option("folder", options->folder, "where to look, in folders below it too")
      ->capture_default_str();
  CLI::App* const show_command = add(
      "show", "Prints what a checkpoint holds: how it was trained, and the names of its tensors.",
      show);
  CLI::App* const export_command =
      add("export", "Writes the model alone, for other programs.", export_tensors);
  for (CLI::App* command : {show_command, export_command}) {
    command->add_option("file", options->file, "the checkpoint, such as neuron.pt")->required();
  }
  for (CLI::App* command : {list_command, show_command}) {
    command->add_flag("--json", options->as_json, "print JSON");
  }
  export_command
      ->add_option("--to", options->to,
                   "the new file: NAME.safetensors, or NAME.pt for Python's torch.load(), which "
                   "gives a dict of tensors")
      ->required();
  export_command->add_option("--part", options->part, "what to write")
      ->check(CLI::IsMember({"synapse", "router"}))
      ->capture_default_str();
  return [action] { return (*action)(); };
}

}  // namespace bittensor
