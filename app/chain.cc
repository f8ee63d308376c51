// SPDX-License-Identifier: MIT
#include "app/chain.h"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/status_macros.h"
#include "bittensor/chain/registration.h"
#include "bittensor/chain/subtensor/subtensor_chain.h"
#include "bittensor/chain/weights.h"
#include "bittensor/wallet/account.h"
#include "bittensor/wallet/key_file.h"
#include "bittensor/wallet/passphrase.h"
#include "bittensor/wallet/ss58.h"

namespace bittensor {
namespace {

struct ChainOptions {
  SubtensorChain::Options chain;
  std::uint16_t netuid = 1;
  int timeout_s = 120;
  bool yes = false;
  bool work = false;
  bool json = false;
  std::string hotkey;  // file of the neuron's key
  std::string payer;   // file of the key that pays
  std::string passphrase_file;
  std::string axon;
  std::vector<std::string> weights;  // UID=WEIGHT
  std::string to;
  std::string tao;
};

TimePoint deadline_of(const ChainOptions& options) {
  return std::chrono::steady_clock::now() + std::chrono::seconds(options.timeout_s);
}

absl::StatusOr<std::unique_ptr<SubtensorChain>> open_chain(const ChainOptions& options) {
  return SubtensorChain::open(options.chain, deadline_of(options));
}

absl::StatusOr<Account> open_key(const ChainOptions& options, const std::string& file) {
  BITTENSOR_ASSIGN_OR_RETURN(const KeyFileInfo info, inspect_key_file(file));
  BITTENSOR_ASSIGN_OR_RETURN(Secret passphrase, read_passphrase(options.passphrase_file));
  if (passphrase.empty() && info.encrypted) {
    BITTENSOR_ASSIGN_OR_RETURN(passphrase,
                               ask_passphrase(absl::StrCat("passphrase of ", file), false));
  }
  return Account::load(file, passphrase.view());
}

// Says what it costs, asks, does it.
absl::Status act(const ChainOptions& options, SubtensorChain& chain, const ChainAction& action,
                 const Signer& signer, const std::string& what, Rao cost) {
  const Confirm confirm = [&](const std::string& said) -> absl::Status {
    std::printf("%s\n", said.c_str());
    if (options.yes) return absl::OkStatus();
    std::printf("Type yes to do it: ");
    std::fflush(stdout);
    std::string line;
    if (std::getline(std::cin, line) && line == "yes") return absl::OkStatus();
    return absl::CancelledError("not confirmed: nothing was done");
  };
  BITTENSOR_ASSIGN_OR_RETURN(const Receipt receipt,
                             submit_if_confirmed(chain, action, signer, what, cost, confirm,
                                                 std::chrono::seconds(options.timeout_s)));
  std::printf("done in block %llu\n", static_cast<unsigned long long>(receipt.block));
  return absl::OkStatus();
}

nlohmann::json rules_of(const SubnetHyperparameters& subnet) {
  return {{"neurons", subnet.neurons},
          {"max_neurons", subnet.max_neurons},
          {"tempo", subnet.tempo},
          {"immunity_period", subnet.immunity_period},
          {"activity_cutoff", subnet.activity_cutoff},
          {"min_allowed_weights", subnet.min_allowed_weights},
          {"max_weight_limit", subnet.max_weight_limit},
          {"weights_version_key", subnet.weights_version_key},
          {"weights_rate_limit", subnet.weights_rate_limit},
          {"serving_rate_limit", subnet.serving_rate_limit},
          {"max_validators", subnet.max_validators},
          {"registration_allowed", subnet.registration_allowed != 0},
          {"pow_registration_allowed", subnet.pow_registration_allowed != 0},
          {"burn_rao", subnet.burn},
          {"difficulty", subnet.difficulty},
          {"commit_reveal", subnet.commit_reveal != 0},
          {"reveal_period_epochs", subnet.reveal_period_epochs},
          {"kappa", subnet.kappa},
          {"rho", subnet.rho},
          {"bonds_moving_average", subnet.bonds_moving_average},
          {"bonds_penalty", subnet.bonds_penalty}};
}

absl::Status show_status(const ChainOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto chain, open_chain(options));
  BITTENSOR_ASSIGN_OR_RETURN(const SubtensorChain::Info info, chain->info(deadline_of(options)));
  BITTENSOR_ASSIGN_OR_RETURN(const SubnetHyperparameters subnet,
                             chain->hyperparameters(options.netuid, deadline_of(options)));
  const nlohmann::json said = {{"runtime", info.runtime},
                               {"spec_version", info.spec_version},
                               {"genesis", absl::BytesToHexString(info.genesis_hash)},
                               {"block", info.block},
                               {"netuid", options.netuid},
                               {"subnet", rules_of(subnet)}};
  if (options.json) {
    std::printf("%s\n", said.dump().c_str());
    return absl::OkStatus();
  }
  std::printf("%s %u, block %llu\ngenesis %s\nsubnet %d\n", info.runtime.c_str(), info.spec_version,
              static_cast<unsigned long long>(info.block),
              said["genesis"].get<std::string>().c_str(), options.netuid);
  for (const auto& [name, value] : said["subnet"].items()) {
    std::printf("  %-26s %s\n", name.c_str(), value.dump().c_str());
  }
  return absl::OkStatus();
}

absl::Status show_neurons(const ChainOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto chain, open_chain(options));
  BITTENSOR_ASSIGN_OR_RETURN(const auto snapshot,
                             chain->neurons(options.netuid, deadline_of(options)));
  nlohmann::json table = nlohmann::json::array();
  if (!options.json) {
    std::printf("block %llu, %zu neurons\n%5s  %-48s  %-21s  %9s  %6s  %6s  %s\n",
                static_cast<unsigned long long>(snapshot->block), snapshot->neurons.size(), "uid",
                "hotkey", "axon", "incentive", "divid.", "trust", "stake");
  }
  const auto share = [](std::uint16_t value) { return value / 65535.0; };
  for (const ChainNeuron& neuron : snapshot->neurons) {
    const std::string hotkey = ss58_encode(neuron.hotkey);
    if (!options.json) {
      std::printf("%5d  %-48s  %-21s  %9.5f  %6.4f  %6.4f  %s\n", neuron.uid, hotkey.c_str(),
                  neuron.axon.address().c_str(), share(neuron.incentive), share(neuron.dividends),
                  share(neuron.trust), tao_text(neuron.stake).c_str());
      continue;
    }
    table.push_back({{"uid", neuron.uid},
                     {"hotkey", hotkey},
                     {"coldkey", ss58_encode(neuron.coldkey)},
                     {"axon", neuron.axon.address()},
                     {"active", neuron.active},
                     {"validator_permit", neuron.validator_permit},
                     {"stake_rao", neuron.stake},
                     {"emission_rao", neuron.emission},
                     {"rank", neuron.rank},
                     {"trust", neuron.trust},
                     {"validator_trust", neuron.validator_trust},
                     {"consensus", neuron.consensus},
                     {"incentive", neuron.incentive},
                     {"dividends", neuron.dividends},
                     {"last_update", neuron.last_update},
                     {"registered_at", neuron.registered_at}});
  }
  if (options.json) std::printf("%s\n", table.dump().c_str());
  return absl::OkStatus();
}

absl::Status register_by_work(const ChainOptions& options, SubtensorChain& chain) {
  BITTENSOR_ASSIGN_OR_RETURN(const Account hotkey, open_key(options, options.hotkey));
  BITTENSOR_ASSIGN_OR_RETURN(const KeyFileInfo owner, inspect_key_file(options.payer));
  const AccountId account = account_of(hotkey.key());
  const auto once = [&]() -> absl::Status {
    BITTENSOR_ASSIGN_OR_RETURN(
        const WorkRegistration work,
        find_registration_work(
            chain, options.netuid, account, account_of(owner.key),
            [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); },
            [] { return false; }, std::chrono::seconds(options.timeout_s)));
    return act(options, chain, work, signer_of(hotkey),
               absl::StrCat("registers ", ss58_encode(account), " in subnet ", options.netuid,
                            " by proof of work"),
               0);
  };
  const absl::Status status = once();
  return needs_more_work(status) ? once() : status;
}

absl::Status register_neuron(const ChainOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const KeyFileInfo hotkey, inspect_key_file(options.hotkey));
  BITTENSOR_ASSIGN_OR_RETURN(const auto chain, open_chain(options));
  const AccountId account = account_of(hotkey.key);
  BITTENSOR_ASSIGN_OR_RETURN(auto uid, chain->uid(options.netuid, account, deadline_of(options)));
  if (!uid.has_value() && options.work) {
    BITTENSOR_RETURN_IF_ERROR(register_by_work(options, *chain));
    BITTENSOR_ASSIGN_OR_RETURN(uid, chain->uid(options.netuid, account, deadline_of(options)));
  } else if (!uid.has_value()) {
    BITTENSOR_ASSIGN_OR_RETURN(const Account payer, open_key(options, options.payer));
    BITTENSOR_ASSIGN_OR_RETURN(const SubnetHyperparameters subnet,
                               chain->hyperparameters(options.netuid, deadline_of(options)));
    BITTENSOR_RETURN_IF_ERROR(
        act(options, *chain, BurnedRegistration{options.netuid, account}, signer_of(payer),
            absl::StrCat("registers ", ss58_encode(account), " in subnet ", options.netuid),
            subnet.burn));
    BITTENSOR_ASSIGN_OR_RETURN(uid, chain->uid(options.netuid, account, deadline_of(options)));
  }
  if (!uid.has_value()) return absl::InternalError("the chain forgot the neuron at once");
  std::printf("uid %d\n", *uid);
  return absl::OkStatus();
}

absl::Status serve_axon(const ChainOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const AxonInfo axon, AxonInfo::at(options.axon));
  BITTENSOR_ASSIGN_OR_RETURN(const Account hotkey, open_key(options, options.hotkey));
  BITTENSOR_ASSIGN_OR_RETURN(const auto chain, open_chain(options));
  return act(options, *chain, AxonAnnouncement{options.netuid, axon}, signer_of(hotkey),
             absl::StrCat("announces in subnet ", options.netuid, " that it is served at ",
                          axon.address()),
             0);
}

absl::StatusOr<std::vector<std::pair<std::uint16_t, double>>> read_weights(
    const std::vector<std::string>& texts) {
  std::vector<std::pair<std::uint16_t, double>> weights;
  for (const std::string& text : texts) {
    const std::vector<std::string> parts = absl::StrSplit(text, '=');
    std::uint32_t uid = 0;
    double weight = 0;
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &uid) || uid > 65535 ||
        !absl::SimpleAtod(parts[1], &weight)) {
      return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not UID=WEIGHT"));
    }
    weights.emplace_back(static_cast<std::uint16_t>(uid), weight);
  }
  return weights;
}

absl::Status show_weights(const ChainOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto chain, open_chain(options));
  BITTENSOR_ASSIGN_OR_RETURN(const auto snapshot,
                             chain->neurons(options.netuid, deadline_of(options)));
  nlohmann::json matrix = nlohmann::json::array();
  for (const ChainNeuron& neuron : snapshot->neurons) {
    for (const auto& [uid, value] : neuron.weights) {
      matrix.push_back({neuron.uid, uid, value});
      if (!options.json) std::printf("%5d %5d %5d\n", neuron.uid, uid, value);
    }
  }
  if (options.json) std::printf("%s\n", matrix.dump().c_str());
  return absl::OkStatus();
}

absl::Status set_weights(const ChainOptions& options) {
  if (options.weights.empty()) return show_weights(options);
  BITTENSOR_ASSIGN_OR_RETURN(auto wanted, read_weights(options.weights));
  BITTENSOR_ASSIGN_OR_RETURN(const Account hotkey, open_key(options, options.hotkey));
  BITTENSOR_ASSIGN_OR_RETURN(const auto chain, open_chain(options));
  BITTENSOR_ASSIGN_OR_RETURN(const SubnetHyperparameters subnet,
                             chain->hyperparameters(options.netuid, deadline_of(options)));
  if (subnet.commit_reveal != 0) {
    return absl::FailedPreconditionError(
        "this subnet wants weights committed and revealed later: a running neuron does that");
  }
  // A neuron that values only itself may do so alone.
  SubnetHyperparameters rules = subnet;
  if (wanted.size() == 1) rules.min_allowed_weights = 1;
  BITTENSOR_ASSIGN_OR_RETURN(const ChainWeightRow row, chain_weights(std::move(wanted), rules));
  std::string text;
  for (const auto& [uid, value] : row) absl::StrAppend(&text, " ", uid, "=", value);
  return act(options, *chain, WeightsUpdate{options.netuid, row, subnet.weights_version_key},
             signer_of(hotkey), absl::StrCat("sets weights in subnet ", options.netuid, ":", text),
             0);
}

absl::Status transfer(const ChainOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const AccountId to, ss58_decode(options.to));
  BITTENSOR_ASSIGN_OR_RETURN(const Rao amount, parse_tao(options.tao));
  BITTENSOR_ASSIGN_OR_RETURN(const Account payer, open_key(options, options.payer));
  BITTENSOR_ASSIGN_OR_RETURN(const auto chain, open_chain(options));
  return act(options, *chain, Transfer{to, amount}, signer_of(payer),
             absl::StrCat("sends ", tao_text(amount), " to ", ss58_encode(to)), amount);
}

void add_connection(CLI::App& command, ChainOptions& options) {
  command
      .add_option("--chain_endpoint", options.chain.endpoints,
                  "ws://, wss://, http:// or https://HOST:PORT of a node; several: others if it "
                  "fails")
      ->required();
  command.add_option("--chain_genesis", options.chain.genesis_hash,
                     "the chain that must be there, by its genesis hash; default: any");
  command.add_option("--chain_ca", options.chain.rpc.ca_file,
                     "certificates (PEM) that sign the node's; default: the system's");
  command.add_option("--timeout_s", options.timeout_s, "how long a step may take, in seconds")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
}

void add_netuid(CLI::App& command, ChainOptions& options) {
  command.add_option("--netuid", options.netuid, "number of the subnet")->capture_default_str();
}

void add_signer(CLI::App& command, ChainOptions& options) {
  command.add_flag("--yes", options.yes, "do not ask");
  command.add_option("--passphrase_file", options.passphrase_file,
                     "file whose first line is the key's passphrase; 0600");
}

}  // namespace

std::function<absl::Status()> add_chain(CLI::App& app) {
  auto options = std::make_shared<ChainOptions>();
  auto action = std::make_shared<std::function<absl::Status()>>([] { return absl::OkStatus(); });
  CLI::App* const chain = app.add_subcommand(
      "chain", "The blockchain: who is in a subnet, and what a neuron does there.");
  chain->require_subcommand(1);
  chain->footer("What changes the chain says what it costs and asks first.");
  const auto add = [&](const char* name, const char* help,
                       absl::Status (*run)(const ChainOptions&)) {
    CLI::App* const command = chain->add_subcommand(name, help);
    command->callback([=] { *action = [=] { return run(*options); }; });
    add_connection(*command, *options);
    return command;
  };
  const auto add_hotkey = [&](CLI::App* command) {
    return command->add_option("--neuron_key", options->hotkey,
                               "key file of the neuron, its hotkey");
  };

  CLI::App* const status_command =
      add("status", "Prints the chain and the rules of a subnet.", show_status);
  CLI::App* const neurons_command = add("neurons", "Prints who is in a subnet.", show_neurons);
  CLI::App* const register_command =
      add("register", "Registers a neuron in a subnet, which burns money.", register_neuron);
  CLI::App* const serve_command = add("serve", "Announces where a neuron is served.", serve_axon);
  CLI::App* const weights_command =
      add("weights", "Prints all weights of a subnet (from, to, value), or sets a neuron's.",
          set_weights);
  CLI::App* const transfer_command = add("transfer", "Sends money.", transfer);

  for (CLI::App* command :
       {status_command, neurons_command, register_command, serve_command, weights_command}) {
    add_netuid(*command, *options);
  }
  for (CLI::App* command : {status_command, neurons_command, weights_command}) {
    command->add_flag("--json", options->json, "print JSON");
  }
  for (CLI::App* command : {register_command, serve_command, weights_command, transfer_command}) {
    add_signer(*command, *options);
  }
  add_hotkey(register_command)->required();
  register_command->add_option("--coldkey", options->payer, "key file of the account that pays")
      ->required();
  register_command->add_flag("--work", options->work,
                             "pay by proof of work; the coldkey then only owns the neuron");
  add_hotkey(serve_command)->required();
  serve_command->add_option("--axon", options->axon, "IP:PORT that others reach it at")->required();
  CLI::Option* const hotkey = add_hotkey(weights_command);
  weights_command->add_option("--set", options->weights, "UID=WEIGHT, several; any scale")
      ->needs(hotkey);
  transfer_command->add_option("--key", options->payer, "key file of the account that pays")
      ->required();
  transfer_command->add_option("--to", options->to, "the account, as 5F...")->required();
  transfer_command->add_option("--tao", options->tao, "how much, such as 1.5")->required();
  return [action] { return (*action)(); };
}

}  // namespace bittensor
