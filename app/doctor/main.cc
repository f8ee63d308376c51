// SPDX-License-Identifier: MIT
//
// `bittensor doctor`: what is wrong with this machine or its network, and how to mend it.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "app/commands.h"
#include "app/doctor/checks.h"
#include "app/doctor/probes.h"
#include "datasets/cifar10/cifar10.h"
#include "datasets/mnist/mnist.h"
#include "datasets/share_options.h"
#include "datasets/text/fetch_vocabulary.h"
#include "datasets/text/speeches.h"
#include "torch/types.h"
#include "torch/version.h"
#include <grpcpp/grpcpp.h>
#include <sodium.h>

#include "bittensor/base/file_limit.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/command_line/command_line.h"
#include "bittensor/neuron/blas.h"
#include "bittensor/neuron/compute.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/transport/address.h"
#include "bittensor/wallet/key_file.h"

namespace bittensor {
namespace {

constexpr auto kClockTimeout = std::chrono::seconds(3);

struct DoctorOptions {
  NeuronOptions neuron;
  std::string time_server = "pool.ntp.org";
  double wait_s = 15;
  bool json = false;
  // What some neurons take and this command does not look at; a file of theirs may have it.
  ShareOptions share;
  std::string model;
  std::string vocab;
};

// The options of a neuron that are shown in the help: those that a check looks at.
const std::set<std::string> kShown = {
    "axon_port", "metagraph_port", "listen_ip",  "remote_ip", "bootstrap",
    "tls",       "threads",        "neuron_key", "data",      "record_difficulty",
    "config",    "print-config",   "save_model", "help",      "passphrase_file"};

DataFacts data_facts() {
  DataFacts facts;
  facts.cache = default_cache();
  const std::vector<std::pair<std::string, CachedSet>> sets = {
      {"mnist", mnist_set()},
      {"cifar10", cifar10_set()},
      {"speeches", speeches_set()},
      {"bert-vocab", bert_vocabulary_set()}};
  for (const auto& [name, set] : sets) {
    (is_cached(set, facts.cache) ? facts.present : facts.absent).push_back(name);
  }
  facts.npm = is_installed("npm");
  return facts;
}

std::vector<Finding> examine(const DoctorOptions& options) {
  const NeuronOptions& neuron = options.neuron;
  std::vector<Finding> findings;
  findings.push_back(check_blas(loaded_libraries(), matmul_gflops()));
  findings.push_back(check_threads(probe_threads(neuron.threads)));
  findings.push_back(
      check_versions({{"libtorch", absl::StrCat(TORCH_VERSION_MAJOR, ".", TORCH_VERSION_MINOR),
                       absl::StrCat(TORCH_VERSION_MAJOR, ".", TORCH_VERSION_MINOR)},
                      {"gRPC", GRPC_CPP_VERSION_STRING, grpc::Version()},
                      {"libsodium", SODIUM_VERSION_STRING, sodium_version_string()}}));
  for (const auto& [option, port] : {std::pair("axon_port", neuron.axon_port),
                                     std::pair("metagraph_port", neuron.metagraph_port)}) {
    findings.push_back(check_port(option, join_host_port(neuron.listen_ip, port),
                                  probe_port(neuron.listen_ip, port)));
  }
  findings.push_back(
      check_clock(probe_clock(options.time_server, kClockTimeout), options.time_server));
  const std::filesystem::path checkpoint = checkpoint_path(neuron);
  findings.push_back(check_disk("checkpoints", probe_folder(checkpoint.parent_path().string())));
  findings.push_back(check_disk("data", probe_folder(default_cache())));
  findings.push_back(check_files(probe_files()));
  findings.push_back(check_key(neuron.neuron_key, inspect_key_file(neuron.neuron_key).status()));
  findings.push_back(check_data(data_facts()));
  const NetworkFacts network = probe_network(
      neuron, std::chrono::milliseconds(static_cast<std::int64_t>(1000 * options.wait_s)));
  findings.push_back(check_peers(network));
  findings.push_back(check_reachable(network));
  return findings;
}

absl::Status run(const DoctorOptions& options) {
  const std::vector<Finding> findings = examine(options);
  std::fputs((options.json ? to_json(findings) : to_text(findings)).c_str(), stdout);
  const auto wrong = std::count_if(findings.begin(), findings.end(), [](const Finding& one) {
    return one.state == Finding::State::kWrong;
  });
  if (wrong == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(wrong, " of ", findings.size(), " checks found something wrong"));
}

void add_options(CLI::App& command, DoctorOptions& options) {
  add_neuron_options(command, options.neuron);
  add_share_options(command, options.share);
  command.add_option("--model", options.model, "");
  command.add_option("--vocab", options.vocab, "");
  for (CLI::Option* option : command.get_options()) {
    const auto& names = option->get_lnames();
    if (names.empty() || kShown.count(names.front()) == 0) option->group("");
  }
  command
      .add_option("--time_server", options.time_server,
                  "HOST, or HOST:PORT, to ask the time (SNTP)")
      ->capture_default_str();
  command
      .add_option("--wait", options.wait_s,
                  "seconds to wait for peers to answer and call back, at most")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  command.add_flag("--json", options.json, "print JSON");
  command.footer(
      "Takes all options of a neuron, and its --config, and checks whether that neuron could run "
      "here. "
      "Stop it before: its ports count as taken otherwise.");
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  using namespace bittensor;
  CLI::App app("What examines a machine.", "bittensor");
  app.require_subcommand(1);
  DoctorOptions options;
  CLI::App* const doctor = add_command(app, "doctor");
  add_options(*doctor, options);
  return run_commands(app, argc, argv, "error", {[&] {
                        StopSignal::install();
                        return run(options);
                      }});
}
