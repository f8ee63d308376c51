// SPDX-License-Identifier: MIT
#include "bittensor/neuron/parts.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/neuron/tls_options.h"
#include "bittensor/transport/address.h"
#include "bittensor/transport/faulty_transport.h"
#include "bittensor/transport/grpc/grpc_transport.h"
#include "bittensor/wallet/key_file.h"
#include "bittensor/wallet/passphrase.h"

namespace bittensor {

namespace {

// Of a host, or of one with its port.
bool is_loopback(const std::string& host) {
  return absl::StartsWith(host, "127.") || absl::StartsWith(host, "localhost") || host == "::1" ||
         absl::StartsWith(host, "[::1]");
}

// Where others reach this neuron, if nothing says otherwise: where it listens.
std::string remote_host(const NeuronOptions& options) {
  if (!options.metagraph.remote_ip.empty()) return options.metagraph.remote_ip;
  const std::set<std::string> any = {"", "0.0.0.0", "::", "[::]"};
  return any.count(options.listen_ip) > 0 ? "127.0.0.1" : options.listen_ip;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> make_transport(const NeuronOptions& options,
                                                          const Wallet& wallet,
                                                          Executor& executor) {
  BITTENSOR_ASSIGN_OR_RETURN(const Faults faults, parse_faults(options.fault));
  GrpcTransport::Options grpc;
  BITTENSOR_ASSIGN_OR_RETURN(grpc.tls, make_tls(options, wallet, executor));
  std::unique_ptr<Transport> transport = std::make_unique<GrpcTransport>(grpc);
  if (options.fault.empty()) return transport;
  spdlog::warn("calls fail on purpose: --fault {}", options.fault);
  return std::make_unique<FaultyTransport>(std::move(transport), faults, options.seed, executor);
}

Axon::Options axon_options(const NeuronOptions& options) {
  Axon::Options axon = options.axon;
  axon.listen_address = join_host_port(options.listen_ip, options.axon_port);
  axon.max_joined_rows = std::min(axon.max_joined_rows, axon.max_rows);
  return axon;
}

Metagraph::Options metagraph_options(const NeuronOptions& options) {
  Metagraph::Options metagraph = options.metagraph;
  metagraph.listen_address = join_host_port(options.listen_ip, options.metagraph_port);
  metagraph.remote_ip = remote_host(options);
  const auto is_remote = [](const std::string& address) { return !is_loopback(address); };
  if (options.metagraph.remote_ip.empty() && is_loopback(metagraph.remote_ip) &&
      std::any_of(metagraph.bootstrap.begin(), metagraph.bootstrap.end(), is_remote)) {
    spdlog::warn("others are told to reach this neuron at {}: pass --remote_ip",
                 metagraph.remote_ip);
  }
  metagraph.netuid = static_cast<std::uint16_t>(options.netuid);
  metagraph.cache_file = std::filesystem::path(options.neuron_key).replace_extension("peers");
  return metagraph;
}

Dendrite::Options dendrite_options(const NeuronOptions& options) {
  Dendrite::Options dendrite = options.dendrite;
  dendrite.give_up = &StopSignal::requested;
  return dendrite;
}

Router::Options router_options(const NeuronOptions& options) {
  Router::Options router = options.router;
  // Weights that follow from scores and count in full for them would let whoever leads take all.
  if (options.step.weights_from_scores) router.prior = 0.25;
  return router;
}

Neuron::Options neuron_options(const NeuronOptions& options) {
  Neuron::Options neuron = options;
  neuron.metagraph = metagraph_options(options);
  neuron.axon = axon_options(options);
  neuron.dendrite = dendrite_options(options);
  neuron.router = router_options(options);
  return neuron;
}

std::string progress_style(const NeuronOptions& options) {
  return options.quiet ? "quiet" : options.progress;
}

std::string files_prefix(const NeuronOptions& options) {
  return std::filesystem::path(options.neuron_key).replace_extension();
}

std::string checkpoint_path(const NeuronOptions& options) {
  if (!options.save_model.empty()) return options.save_model;
  return std::filesystem::path(options.neuron_key).replace_extension("pt");
}

std::string last_checkpoint_path(const NeuronOptions& options) {
  std::filesystem::path path = checkpoint_path(options);
  return path.replace_extension(".last" + path.extension().string());
}

absl::StatusOr<Wallet> open_wallet(
    const NeuronOptions& options,
    const std::function<absl::Status(const PublicKey&)>& before_asking) {
  BITTENSOR_ASSIGN_OR_RETURN(Secret passphrase, read_passphrase(options.passphrase_file));
  const auto info = inspect_key_file(options.neuron_key);
  if (info.ok() && info->encrypted && passphrase.empty()) {
    if (before_asking) BITTENSOR_RETURN_IF_ERROR(before_asking(info->key));
    auto answer = ask_passphrase("passphrase of " + options.neuron_key, /*twice=*/false);
    if (answer.ok()) passphrase = *std::move(answer);  // If not, load() says what to do.
  }
  if (info.ok() && !info->encrypted && !passphrase.empty()) {
    spdlog::warn("key file {} is not encrypted: its passphrase is not needed", options.neuron_key);
  }
  return Wallet::load_or_create(options.neuron_key, passphrase.view());
}

absl::StatusOr<FileLock> lock_key(const NeuronOptions& options) {
  auto lock = FileLock::acquire(options.neuron_key);
  if (!absl::IsFailedPrecondition(lock.status())) return lock;
  return absl::FailedPreconditionError(
      absl::StrCat("key file ", options.neuron_key,
                   " is in use by another neuron; give this one its own with --neuron_key"));
}

void wait_for_peers(const Metagraph& metagraph, const NeuronOptions& options, Watch* watch) {
  constexpr auto kPatience = std::chrono::seconds(30);
  constexpr auto kStep = std::chrono::milliseconds(20);
  const auto wanted = static_cast<std::size_t>(options.min_peers);
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  std::optional<Watch::Wait> wait;
  if (watch != nullptr && metagraph.proven() < wanted) {
    wait.emplace(watch->wait(wanted == 1
                                 ? "the first peer"
                                 : absl::StrCat("peers: ", wanted, " are wanted (--min_peers)"),
                             give_up));
  }
  while (metagraph.proven() < wanted && !StopSignal::wait_for(kStep)) {
    if (std::chrono::steady_clock::now() < give_up) continue;
    spdlog::warn("knows {} of {} peers; continues without the others", metagraph.proven(), wanted);
    return;
  }
}

}  // namespace bittensor
