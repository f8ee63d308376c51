// SPDX-License-Identifier: MIT
#include "bittensor/neuron/join_chain.h"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "spdlog/spdlog.h"
#include <unistd.h>

#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/chain/open_chain.h"
#include "bittensor/chain/registration.h"
#include "bittensor/neuron/coldkey.h"
#include "bittensor/neuron/watched_chain.h"
#include "bittensor/wallet/account.h"
#include "bittensor/wallet/key_file.h"
#include "bittensor/wallet/passphrase.h"
#include "bittensor/wallet/ss58.h"

namespace bittensor {
namespace {

constexpr auto kPatience = std::chrono::minutes(2);  // for one step

TimePoint soon() {
  return std::chrono::steady_clock::now() + kPatience;
}

std::string name_of_chain(const NeuronOptions& options) {
  return absl::StrJoin(options.chain_endpoint, ", ");
}

// What is waited for now: the chain, whose next answer has as long as each other, or what is done
// in between.
class Waits {
 public:
  Waits(Watch& watch, const NeuronOptions& options)
      : watch_(watch), chain_(absl::StrCat("the chain at ", name_of_chain(options))) {
    for_chain();
  }

  void for_chain() { wait_.emplace(watch_.wait(chain_, soon())); }
  void instead_for(std::string what) { wait_.emplace(watch_.wait(std::move(what))); }
  absl::StatusOr<Account> for_coldkey(const std::string& file) {
    wait_.reset();
    auto account = open_coldkey(file, watch_, [](const std::string& prompt) {
      return ask_passphrase(prompt, /*twice=*/false);
    });
    for_chain();
    return account;
  }

 private:
  Watch& watch_;
  const std::string chain_;
  std::optional<Watch::Wait> wait_;
};

Confirm ask_user(bool yes, Waits& waits) {
  return [yes, &waits](const std::string& what) -> absl::Status {
    std::fprintf(stderr, "%s\n", what.c_str());
    if (yes) return absl::OkStatus();
    if (isatty(STDIN_FILENO) == 0) {
      return absl::CancelledError("nothing was done: give --yes, or say yes at a terminal");
    }
    std::fprintf(stderr, "Type yes to do it: ");
    waits.instead_for("a yes at its terminal: to be registered costs");
    std::string line;
    const bool said = std::getline(std::cin, line) && line == "yes";
    waits.for_chain();
    return said ? absl::OkStatus() : absl::CancelledError("not confirmed: nothing was done");
  };
}

absl::Status register_by_work(const NeuronOptions& options, Chain& chain, const Signer& hotkey,
                              const std::string& what, Waits& waits) {
  BITTENSOR_ASSIGN_OR_RETURN(const KeyFileInfo owner, inspect_key_file(options.coldkey));
  const auto once = [&]() -> absl::Status {
    waits.instead_for("the proof of work that registers it, on all cores");
    BITTENSOR_ASSIGN_OR_RETURN(
        const WorkRegistration work,
        find_registration_work(
            chain, static_cast<std::uint16_t>(options.netuid), hotkey.account,
            account_of(owner.key), [](const std::string& line) { spdlog::info("chain: {}", line); },
            [] { return StopSignal::requested(); }, kPatience));
    waits.for_chain();
    return submit_if_confirmed(chain, work, hotkey, absl::StrCat(what, " by proof of work"), 0,
                               ask_user(options.yes, waits), kPatience)
        .status();
  };
  const absl::Status status = once();
  return needs_more_work(status) ? once() : status;
}

absl::Status register_by_money(const NeuronOptions& options, Chain& chain, const Signer& hotkey,
                               const std::string& what, Waits& waits) {
  BITTENSOR_ASSIGN_OR_RETURN(const Account payer, waits.for_coldkey(options.coldkey));
  const auto netuid = static_cast<std::uint16_t>(options.netuid);
  BITTENSOR_ASSIGN_OR_RETURN(const SubnetHyperparameters subnet,
                             chain.hyperparameters(netuid, soon()));
  return submit_if_confirmed(chain, BurnedRegistration{netuid, hotkey.account}, signer_of(payer),
                             what, subnet.burn, ask_user(options.yes, waits), kPatience)
      .status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Chain>> join_chain(const NeuronOptions& options,
                                                  const Wallet& wallet, Watch& watch) {
  if (options.chain_endpoint.empty()) return nullptr;
  if (!options.metagraph.bootstrap.empty()) {
    return absl::InvalidArgumentError(
        "peers are found by gossip or on a chain: give --bootstrap or --chain_endpoint");
  }
  Waits waits(watch, options);
  BITTENSOR_ASSIGN_OR_RETURN(
      std::unique_ptr<Chain> chain,
      open_chain({options.chain_endpoint, options.chain_genesis, options.chain_ca}, soon()));
  const auto netuid = static_cast<std::uint16_t>(options.netuid);
  const Signer hotkey = ed25519_signer(wallet);
  BITTENSOR_ASSIGN_OR_RETURN(std::optional<std::uint16_t> uid,
                             chain->uid(netuid, hotkey.account, soon()));
  if (!uid.has_value()) {
    const std::string name = ss58_encode(hotkey.account);
    if (options.coldkey.empty()) {
      return absl::FailedPreconditionError(absl::StrCat(name, ", the key in ", options.neuron_key,
                                                        ", is not registered in subnet ", netuid,
                                                        ": name with --coldkey who pays for it"));
    }
    const std::string what = absl::StrCat("registers ", name, " in subnet ", netuid);
    BITTENSOR_RETURN_IF_ERROR(options.chain_work
                                  ? register_by_work(options, *chain, hotkey, what, waits)
                                  : register_by_money(options, *chain, hotkey, what, waits));
    BITTENSOR_ASSIGN_OR_RETURN(uid, chain->uid(netuid, hotkey.account, soon()));
  }
  if (!uid.has_value()) return absl::UnavailableError("the chain forgot the neuron at once");
  spdlog::info("chain: this neuron is uid {} of subnet {}", *uid, netuid);
  return std::make_unique<WatchedChain>(std::move(chain), name_of_chain(options), watch);
}

}  // namespace bittensor
