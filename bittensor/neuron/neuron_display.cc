// SPDX-License-Identifier: MIT
#include "bittensor/neuron/neuron_display.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/status_macros.h"
#include "bittensor/dashboard/dashboard.h"
#include "bittensor/neuron/neuron_watch.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/transport/address.h"
#include "bittensor/watch/release.h"

namespace bittensor {
namespace {

NeuronState::About about_of(const NeuronOptions& options, const std::string& kind,
                            const PublicKey& key) {
  const std::string folder = std::filesystem::path(options.neuron_key).parent_path().filename();
  NeuronState::About about;
  about.key = key.hex();
  about.name = !options.name.empty() ? options.name : !folder.empty() ? folder : kind;
  about.program = kind;
  about.release = release();
  return about;
}

NeuronWatch::Options watch_options(const NeuronOptions& options) {
  NeuronWatch::Options watch;
  if (options.status) watch.prefix = files_prefix(options);
  watch.tensorboard = options.tensorboard;
  if (options.metrics_port > 0) {
    watch.metrics_address = join_host_port(options.metrics_ip, options.metrics_port);
  }
  watch.timeout = options.dendrite.timeout;
  watch.bootstrap = options.metagraph.bootstrap;
  return watch;
}

// The page that shows the neuron while it works; null if it is not wanted.
absl::StatusOr<std::unique_ptr<Dashboard>> start_dashboard(const NeuronOptions& options,
                                                           NeuronWatch& watch) {
  if (options.dashboard < 0) return nullptr;
  Dashboard::Options how;
  how.listen_ip = options.dashboard_ip;
  how.port = options.dashboard;
  how.token = options.dashboard_token;
  return Dashboard::start(std::move(how), [&watch] {
    return to_json(watch.state())
        .dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
  });
}

}  // namespace

NeuronDisplay::NeuronDisplay(NeuronState::About about, const PublicKey& key, Executor& executor)
    : about_(std::move(about)), key_(key), watch_(executor) {
  watch_.describe(about_);
}

NeuronDisplay::~NeuronDisplay() = default;

absl::StatusOr<std::unique_ptr<NeuronDisplay>> NeuronDisplay::start(const NeuronOptions& options,
                                                                    const std::string& kind,
                                                                    const PublicKey& key,
                                                                    Executor& executor,
                                                                    Hooks hooks) {
  std::unique_ptr<NeuronDisplay> made(
      new NeuronDisplay(about_of(options, kind, key), key, executor));
  NeuronWatch::Options watching = watch_options(options);
  watching.draw = std::move(hooks.draw);
  watching.say = std::move(hooks.say);
  made->neuron_watch_ = std::make_unique<NeuronWatch>(std::move(watching), made->watch_, executor);
  BITTENSOR_RETURN_IF_ERROR(made->neuron_watch_->start());
  BITTENSOR_ASSIGN_OR_RETURN(made->dashboard_, start_dashboard(options, *made->neuron_watch_));
  return made;
}

std::string NeuronDisplay::url() const {
  return dashboard_ == nullptr ? "" : dashboard_->url();
}

void NeuronDisplay::attach(Metagraph& metagraph, Axon& axon, Dendrite& dendrite) {
  neuron_watch_->attach(metagraph, axon, dendrite, key_);
}

void NeuronDisplay::detach() {
  neuron_watch_->detach();
}

void NeuronDisplay::describe(const std::string& task, const std::string& address) {
  NeuronState::About about = about_;
  about.task = task;
  about.address = address;
  watch_.describe(std::move(about));
}

absl::StatusOr<NeuronStart> start_neuron(const NeuronOptions& options, const std::string& kind,
                                         Executor& executor, NeuronDisplay::Hooks hooks) {
  std::optional<FileLock> lock;
  std::unique_ptr<NeuronDisplay> display;
  const auto show = [&](const PublicKey& key) -> absl::Status {
    BITTENSOR_ASSIGN_OR_RETURN(FileLock held, lock_key(options));
    lock.emplace(std::move(held));
    BITTENSOR_ASSIGN_OR_RETURN(
        display, NeuronDisplay::start(options, kind, key, executor, std::move(hooks)));
    return absl::OkStatus();
  };
  std::optional<Watch::Wait> wait;
  BITTENSOR_ASSIGN_OR_RETURN(
      Wallet wallet, open_wallet(options, [&](const PublicKey& key) -> absl::Status {
        BITTENSOR_RETURN_IF_ERROR(show(key));
        wait.emplace(display->watch().wait(
            absl::StrCat("the passphrase of ", options.neuron_key, " at its terminal")));
        return absl::OkStatus();
      }));
  wait.reset();
  if (display == nullptr) BITTENSOR_RETURN_IF_ERROR(show(wallet.key()));
  return NeuronStart{std::move(wallet), *std::move(lock), std::move(display)};
}

std::string axon_address(const Metagraph& metagraph, const Axon& axon) {
  const auto address = parse_address(metagraph.address());
  return address.ok() ? join_host_port(address->host, axon.port()) : "";
}

}  // namespace bittensor
