// SPDX-License-Identifier: MIT
//
// What `bittensor serve` runs: offers a trained model to a network, as an expert that does not
// learn, until it is told to stop. A program of its own: it needs all that a neuron does.
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "app/model_synapse.h"
#include <unistd.h>

#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/command_line/command_line.h"
#include "bittensor/neuron/compute.h"
#include "bittensor/neuron/program.h"
#include "bittensor/neuron/standalone_neuron.h"
#include "bittensor/synapse/schema_text.h"

#ifndef BITTENSOR_PYTHON_EXECUTABLE
#define BITTENSOR_PYTHON_EXECUTABLE "python3"
#endif

namespace bittensor {
namespace {

struct Model {
  std::string name;
  std::string schema;
  std::string python = BITTENSOR_PYTHON_EXECUTABLE;
};

// "package.module:factory", and no file that happens to be called so.
bool is_of_python(const std::string& name) {
  return absl::StrContains(name, ':') && !std::filesystem::exists(name);
}

// Puts the package that was built with this program before whatever else `python` finds.
void show_package() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto built = self.parent_path().parent_path() / "python";
  if (!std::filesystem::exists(built / "bittensor_cpp", error)) return;
  const char* others = std::getenv("PYTHONPATH");
  const std::string path =
      others == nullptr ? built.string() : absl::StrCat(built.string(), ":", others);
  setenv("PYTHONPATH", path.c_str(), /*overwrite=*/1);
}

// Becomes a Python that serves the module, with the same arguments.
absl::Status become_python(const std::string& python, const std::vector<std::string>& arguments) {
  show_package();
  std::vector<std::string> words = {python, "-m", "bittensor_cpp", "serve"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execvp(python.c_str(), argv.data());
  return absl::NotFoundError(absl::StrCat(python, ": ", std::strerror(errno)));
}

absl::Status serve(const Model& model, NeuronOptions options) {
  std::optional<Schema> schema;
  if (!model.schema.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(schema, parse_schema(model.schema));
  }
  BITTENSOR_ASSIGN_OR_RETURN(const c10::Device device,
                             set_up_compute(options.device, options.threads, options.seed));
  BITTENSOR_ASSIGN_OR_RETURN(const auto synapse, model_synapse(model.name, schema, device));
  options.step.learning.learn_from = LearnFrom::kOff;
  BITTENSOR_ASSIGN_OR_RETURN(const auto standalone,
                             StandaloneNeuron::create(options, synapse, "serve"));
  Neuron& neuron = standalone->neuron();
  std::printf("serves %s: %s; axon port %d, metagraph %s\n", model.name.c_str(),
              to_string(synapse->schema()).c_str(), neuron.axon().port(),
              neuron.metagraph().address().c_str());
  std::fflush(stdout);
  {
    standalone->watch().set_phase(Watch::Phase::kWaiting);
    const Watch::Wait wait =
        standalone->watch().wait("the signal to stop: it serves a model that does not learn");
    while (!StopSignal::wait_for(std::chrono::hours(1))) {
    }
  }
  standalone->watch().set_phase(Watch::Phase::kEnded);
  const Axon::Stats stats = neuron.axon().stats();
  std::printf("answered %llu questions, refused %llu, failed %llu\n",
              static_cast<unsigned long long>(stats.answered),
              static_cast<unsigned long long>(stats.refused),
              static_cast<unsigned long long>(stats.failed));
  return absl::OkStatus();
}

// Those of training are taken, since one file of options may do for all programs, but not shown.
void hide_options_of_training(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const std::string& group = option->get_group();
    const std::string name = option->get_name();
    const bool computes = name == "--device" || name == "--threads";
    const bool trains = group == "Training" || group == "Learning from each other" ||
                        group == "Display" || group == "Files";
    const bool known =
        computes || name == "--neuron_key" || name == "--passphrase_file" || name == "--log_level";
    if (trains && !known) option->group("");
  }
}

void add_options(CLI::App& app, Model& model) {
  app.add_option(
         "model", model.name,
         "a folder with a BERT, as transformers saves it; the checkpoint of a BERT neuron; a "
         "file of TorchScript; or PACKAGE.MODULE:FACTORY, a function of Python that gives "
         "a torch.nn.Module")
      ->required();
  app.add_option("--schema", model.schema,
                 "what it takes, unless it is a BERT: image:3x32x32, image:1x?x?, tensor:512, "
                 "tensor:128:int64 or text");
  app.add_option("--python", model.python, "the Python that has the torch of this build")
      ->capture_default_str();
  hide_options_of_training(app);
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  if (argc > 1 && argv[1] != std::string(bittensor::kDescribe)) {  // The command's name.
    --argc;
    ++argv;
  }
  bittensor::Model model;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return bittensor::example_main(
      argc, argv, "bittensor serve",
      "Offers a trained model to a network, as an expert that does not learn.",
      bittensor::NeuronOptions(),
      [&](const bittensor::NeuronOptions& options) {
        if (bittensor::is_of_python(model.name)) {
          return bittensor::become_python(model.python, arguments);
        }
        return bittensor::serve(model, options);
      },
      [&](CLI::App& app) { bittensor::add_options(app, model); });
}
