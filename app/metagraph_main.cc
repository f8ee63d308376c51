// SPDX-License-Identifier: MIT
//
// `bittensor metagraph`, which needs gRPC and libtorch.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "app/chain_view.h"
#include "app/commands.h"
#include "app/metagraph_table.h"
#include "app/network_observer.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/base/terminal.h"
#include "bittensor/command_line/option_group.h"
#include "bittensor/metagraph/address_cache.h"
#include "bittensor/neuron/tls_options.h"

namespace bittensor {
namespace {

struct Options {
  NetworkObserver::Options observer;
  ChainView::Options chain;
  std::string cache_file;
  std::string stake_file;
  std::string sort = "-incentive";
  double watch_s = 0;  // 0: once
  double wait_s = 10;
  TableForm form = TableForm::kTable;
};

template <typename View>
absl::Status print(const View& view, const Options& options) {
  BITTENSOR_ASSIGN_OR_RETURN(std::vector<NeuronLine> lines, view.lines());
  BITTENSOR_RETURN_IF_ERROR(sort_lines(lines, options.sort));
  if (options.watch_s > 0 && options.form == TableForm::kTable && is_terminal()) {
    std::printf("\x1b[H\x1b[2J");  // from the top of an empty screen
  }
  std::fputs(text_of(lines, options.form).c_str(), stdout);
  std::fflush(stdout);
  return absl::OkStatus();
}

std::chrono::milliseconds seconds(double count) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(1000 * count));
}

template <typename View>
absl::Status show(const View& view, const Options& options) {
  BITTENSOR_RETURN_IF_ERROR(print(view, options));
  while (options.watch_s > 0 && !StopSignal::wait_for(seconds(options.watch_s))) {
    BITTENSOR_RETURN_IF_ERROR(print(view, options));
  }
  return absl::OkStatus();
}

absl::Status run(Options options) {
  std::vector<NeuronLine> none;
  BITTENSOR_RETURN_IF_ERROR(sort_lines(none, options.sort));  // before anybody is asked
  if (!options.chain.address.endpoints.empty()) {
    options.chain.whose = options.observer.whose;
    BITTENSOR_ASSIGN_OR_RETURN(const ChainView view, ChainView::open(options.chain));
    return show(view, options);
  }
  if (!options.cache_file.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(const auto cached, read_addresses(options.cache_file));
    auto& asked = options.observer.addresses;
    asked.insert(asked.end(), cached.begin(), cached.end());
  }
  if (options.observer.addresses.empty()) {
    return absl::InvalidArgumentError("whom to ask? give an address, --cache or --chain_endpoint");
  }
  if (!options.stake_file.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(options.observer.stake, read_stake_file(options.stake_file));
  }
  NetworkObserver observer(options.observer);
  BITTENSOR_RETURN_IF_ERROR(observer.open(seconds(options.wait_s)));
  return show(observer, options);
}

void add_options(CLI::App& app, Options& options) {
  app.add_option(
      "address", options.observer.addresses,
      "metagraphs of neurons to ask, host:port; the weights shown are those of the first");
  app.add_option("--cache", options.cache_file,
                 "ask those in the cache file of a neuron (its key file's name with .peers)");
  app.add_option("--chain_endpoint", options.chain.address.endpoints,
                 "ask a node of the chain in place of neurons: ws://, wss://, http:// or "
                 "https://HOST:PORT");
  app.add_option("--netuid", options.chain.netuid, "number of the subnet there")
      ->capture_default_str();
  app.add_option("--chain_genesis", options.chain.address.genesis_hash,
                 "the chain that must be there, by its genesis hash; default: any");
  app.add_option("--chain_ca", options.chain.address.ca_file,
                 "certificates (PEM) that sign the node's; default: the system's");
  app.add_option("--of", options.observer.whose,
                 "show the weights of the neuron whose key, or hotkey, begins with this");
  app.add_option("--stake", options.stake_file,
                 "file with a key and its stake per line; without it each neuron has stake 1");
  app.add_option("--sort", options.sort, "sort by this column; -COLUMN: largest first")
      ->capture_default_str();
  app.add_option("--watch", options.watch_s, "print it again every so many seconds, until Ctrl-C")
      ->check(CLI::Range(0.1, 86400.0));
  app.add_option("--wait", options.wait_s, "seconds to wait for the first answer, at most")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  app.add_flag("--latency", options.observer.latency, "measure a call to each axon that is proven");
  add_tls_options(OptionGroup(app, "Encryption"), options.observer.neuron);
  auto* forms = app.add_option_group("form", "What is printed instead of a table");
  forms->require_option(0, 1);
  const auto add_form = [&](const char* name, TableForm form, const char* help) {
    forms->add_flag_callback(
        name, [&options, form] { options.form = form; }, help);
  };
  add_form("--json", TableForm::kJson, "a JSON array, with each neuron's weights");
  add_form("--csv", TableForm::kCsv, "comma-separated values");
  add_form("--dot", TableForm::kDot, "the graph of weights, for Graphviz");
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  using namespace bittensor;
  CLI::App app("What needs gRPC.", "bittensor");
  app.require_subcommand(1);
  Options options;
  CLI::App* const metagraph = add_command(app, "metagraph");
  metagraph->footer("Asks a neuron for all it knows, as an observer that serves nothing.");
  add_options(*metagraph, options);
  return run_commands(app, argc, argv, "warning", {[&] {
                        StopSignal::install();
                        return run(options);
                      }});
}
