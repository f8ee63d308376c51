// SPDX-License-Identifier: MIT
#include "bittensor/neuron/parts.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

#include "bittensor/base/stop_signal.h"

namespace bittensor {

Axon::Options axon_options(const NeuronOptions& options) {
  Axon::Options axon;
  axon.listen_address = absl::StrCat(options.listen_ip, ":", options.axon_port);
  axon.allow_unsigned = options.allow_unsigned;
  return axon;
}

Metagraph::Options metagraph_options(const NeuronOptions& options) {
  Metagraph::Options metagraph;
  metagraph.listen_address = absl::StrCat(options.listen_ip, ":", options.metagraph_port);
  metagraph.remote_ip = options.remote_ip;
  metagraph.bootstrap = options.bootstrap;
  const auto is_remote = [](const std::string& address) {
    return !absl::StartsWith(address, "127.") && !absl::StartsWith(address, "localhost:") &&
           !absl::StartsWith(address, "[::1]");
  };
  if (options.remote_ip.empty() &&
      std::any_of(options.bootstrap.begin(), options.bootstrap.end(), is_remote)) {
    spdlog::warn("others are told to reach this neuron at 127.0.0.1: pass --remote_ip");
  }
  metagraph.cache_file = std::filesystem::path(options.neuron_key).replace_extension("peers");
  return metagraph;
}

Dendrite::Options dendrite_options(const NeuronOptions& options) {
  Dendrite::Options dendrite;
  dendrite.timeout =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.timeout));
  if (const auto compression = parse_compression(options.compression); compression.ok()) {
    dendrite.calls.compression = *compression;
  }
  return dendrite;
}

std::string checkpoint_path(const NeuronOptions& options) {
  if (!options.save_model.empty()) return options.save_model;
  return std::filesystem::path(options.neuron_key).replace_extension("pt");
}

absl::StatusOr<FileLock> lock_key(const NeuronOptions& options) {
  auto lock = FileLock::acquire(options.neuron_key);
  if (!absl::IsFailedPrecondition(lock.status())) return lock;
  return absl::FailedPreconditionError(
      absl::StrCat("key file ", options.neuron_key,
                   " is in use by another neuron; give this one its own with --neuron_key"));
}

void wait_for_peers(const Metagraph& metagraph, const NeuronOptions& options) {
  constexpr auto kPatience = std::chrono::seconds(30);
  constexpr auto kStep = std::chrono::milliseconds(20);
  const auto wanted = static_cast<std::size_t>(options.min_peers);
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (metagraph.size() < wanted && !StopSignal::wait_for(kStep)) {
    if (std::chrono::steady_clock::now() < give_up) continue;
    spdlog::warn("knows {} of {} peers; goes on without the others", metagraph.size(), wanted);
    return;
  }
}

}  // namespace bittensor
