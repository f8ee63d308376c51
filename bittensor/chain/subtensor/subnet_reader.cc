// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/subnet_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/chain/subtensor/neuron_info.h"
#include "bittensor/chain/subtensor/storage_key.h"

namespace bittensor {
namespace {

constexpr std::size_t kMostNeurons = 65536;

struct Rule {
  const char* entry;
  std::uint64_t SubnetHyperparameters::*value;
};
constexpr Rule kRules[] = {
    {"SubnetworkN", &SubnetHyperparameters::neurons},
    {"MaxAllowedUids", &SubnetHyperparameters::max_neurons},
    {"Tempo", &SubnetHyperparameters::tempo},
    {"ImmunityPeriod", &SubnetHyperparameters::immunity_period},
    {"ActivityCutoff", &SubnetHyperparameters::activity_cutoff},
    {"MinAllowedWeights", &SubnetHyperparameters::min_allowed_weights},
    {"MaxWeightsLimit", &SubnetHyperparameters::max_weight_limit},
    {"WeightsVersionKey", &SubnetHyperparameters::weights_version_key},
    {"WeightsSetRateLimit", &SubnetHyperparameters::weights_rate_limit},
    {"ServingRateLimit", &SubnetHyperparameters::serving_rate_limit},
    {"MaxAllowedValidators", &SubnetHyperparameters::max_validators},
    {"NetworkRegistrationAllowed", &SubnetHyperparameters::registration_allowed},
    {"NetworkPowRegistrationAllowed", &SubnetHyperparameters::pow_registration_allowed},
    {"Burn", &SubnetHyperparameters::burn},
    {"Difficulty", &SubnetHyperparameters::difficulty},
    {"CommitRevealWeightsEnabled", &SubnetHyperparameters::commit_reveal},
    {"RevealPeriodEpochs", &SubnetHyperparameters::reveal_period_epochs},
    {"SubnetEpochIndex", &SubnetHyperparameters::epoch},
    {"Kappa", &SubnetHyperparameters::kappa},
    {"Rho", &SubnetHyperparameters::rho},
    {"BondsMovingAverage", &SubnetHyperparameters::bonds_moving_average},
    {"BondsPenalty", &SubnetHyperparameters::bonds_penalty},
};

absl::Status wrong(const char* entry, const absl::Status& why) {
  return absl::UnavailableError(
      absl::StrCat("the node's ", entry, " cannot be read: ", why.message()));
}

std::vector<ScaleValue> hotkeys_of(const std::vector<ChainNeuron*>& neurons) {
  std::vector<ScaleValue> hotkeys;
  hotkeys.reserve(neurons.size());
  for (const ChainNeuron* neuron : neurons) {
    hotkeys.push_back(ScaleValue::of_bytes(bytes_of(neuron->hotkey)));
  }
  return hotkeys;
}

absl::StatusOr<AccountId> read_account(const std::string& bytes) {
  ScaleReader reader(bytes);
  const AccountId account = reader.bytes32();
  BITTENSOR_RETURN_IF_ERROR(reader.finish());
  return account;
}

}  // namespace

std::shared_ptr<NeuronSnapshot> SubnetReader::empty_snapshot() const {
  auto snapshot = std::make_shared<NeuronSnapshot>();
  snapshot->netuid = netuid_;
  snapshot->block = block_;
  snapshot->block_hash = block_hash_;
  return snapshot;
}

absl::StatusOr<SubnetReader::Values> SubnetReader::values_of(
    const char* entry, const std::vector<ScaleValue>& keys) const {
  const Metadata& metadata = *runtime_->metadata;
  const absl::StatusOr<const StorageEntry*> found = metadata.storage(kSubtensor, entry);
  if (!found.ok()) return Values(keys.size());
  // Some maps have the subnet first, some last, and Owner has none.
  const std::size_t netuid_at = (*found)->keys.size() < 2 ? 2 : [&] {
    const TypeDefinition& first = metadata.types()[(*found)->keys[0]];
    return first.kind == TypeDefinition::Kind::kComposite && first.name == "AccountId32" ? 1u : 0u;
  }();
  std::vector<std::string> places;
  places.reserve(keys.size());
  for (const ScaleValue& key : keys) {
    const ScaleValue netuid = ScaleValue::of_number(netuid_);
    std::vector<ScaleValue> all = {key};
    if (netuid_at < 2) all.insert(all.begin() + static_cast<std::ptrdiff_t>(netuid_at), netuid);
    absl::StatusOr<std::string> place = storage_key(metadata, kSubtensor, entry, all);
    if (!place.ok()) return wrong(entry, place.status());
    places.push_back(*std::move(place));
  }
  return node_.storage(places, block_hash_, deadline_);
}

absl::StatusOr<SubnetHyperparameters> SubnetReader::hyperparameters() const {
  const Metadata& metadata = *runtime_->metadata;
  const std::vector<ScaleValue> key = {ScaleValue::of_number(netuid_)};
  std::vector<std::string> places;
  std::vector<std::pair<const Rule*, const StorageEntry*>> rules;
  for (const Rule& rule : kRules) {
    const absl::StatusOr<const StorageEntry*> entry = metadata.storage(kSubtensor, rule.entry);
    if (!entry.ok()) continue;
    absl::StatusOr<std::string> place = storage_key(metadata, kSubtensor, rule.entry, key);
    if (!place.ok()) continue;  // it is kept otherwise now
    places.push_back(*std::move(place));
    rules.emplace_back(&rule, *entry);
  }
  BITTENSOR_ASSIGN_OR_RETURN(std::string exists,
                             storage_key(metadata, kSubtensor, "NetworksAdded", key));
  places.push_back(std::move(exists));
  BITTENSOR_ASSIGN_OR_RETURN(const Values values, node_.storage(places, block_hash_, deadline_));
  if (values.back().value_or("") != "\x01") {
    return absl::NotFoundError(absl::StrCat("the chain has no subnet ", netuid_));
  }
  SubnetHyperparameters subnet;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto& [rule, entry] = rules[i];
    const std::string bytes = values[i].value_or(entry->default_value);
    ScaleReader reader(bytes);
    const ScaleValue value = read_value(metadata.types(), entry->value, reader);
    const absl::StatusOr<std::uint64_t> number = value.u64();
    if (!reader.finish().ok()) return wrong(rule->entry, reader.status());
    if (!number.ok()) return wrong(rule->entry, number.status());
    subnet.*rule->value = *number;
    if (rule->value == &SubnetHyperparameters::epoch) subnet.counts_epochs = true;
  }
  return subnet;
}

absl::StatusOr<std::size_t> SubnetReader::count() const {
  BITTENSOR_ASSIGN_OR_RETURN(const SubnetHyperparameters subnet, hyperparameters());
  if (subnet.neurons > kMostNeurons) {
    return absl::UnavailableError("the node's answer is wrong: more neurons than uids");
  }
  return subnet.neurons;
}

absl::StatusOr<ScaleValue> SubnetReader::value_in(const char* entry,
                                                  const std::string& bytes) const {
  BITTENSOR_ASSIGN_OR_RETURN(const StorageEntry* known,
                             runtime_->metadata->storage(kSubtensor, entry));
  ScaleReader reader(bytes);
  ScaleValue value = read_value(runtime_->metadata->types(), known->value, reader);
  const absl::Status status = reader.finish();
  if (!status.ok()) return wrong(entry, status);
  return value;
}

absl::StatusOr<std::uint64_t> SubnetReader::number_in(const char* entry,
                                                      const std::string& bytes) const {
  BITTENSOR_ASSIGN_OR_RETURN(const ScaleValue value, value_in(entry, bytes));
  const absl::StatusOr<std::uint64_t> number = value.u64();
  if (!number.ok()) return wrong(entry, number.status());
  return *number;
}

absl::Status SubnetReader::read_keys(const std::vector<ScaleValue>& uids,
                                     const std::vector<ChainNeuron*>& neurons) const {
  BITTENSOR_ASSIGN_OR_RETURN(const Values keys, values_of("Keys", uids));
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    if (!keys[i].has_value()) return wrong("Keys", absl::NotFoundError("a uid has no hotkey"));
    const absl::StatusOr<AccountId> hotkey = read_account(*keys[i]);
    if (!hotkey.ok()) return wrong("Keys", hotkey.status());
    neurons[i]->hotkey = *hotkey;
  }
  return absl::OkStatus();
}

absl::Status SubnetReader::read_weights(const std::vector<ScaleValue>& uids,
                                        const std::vector<ChainNeuron*>& neurons) const {
  BITTENSOR_ASSIGN_OR_RETURN(const Values rows, values_of("Weights", uids));
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    absl::StatusOr<ChainWeightRow> row =
        rows[i].has_value() ? read_weight_row(*rows[i]) : ChainWeightRow();
    if (!row.ok()) return wrong("Weights", row.status());
    neurons[i]->weights = *std::move(row);
  }
  return absl::OkStatus();
}

absl::Status SubnetReader::read_registrations(const std::vector<ScaleValue>& uids,
                                              const std::vector<ChainNeuron*>& neurons) const {
  BITTENSOR_ASSIGN_OR_RETURN(const Values blocks, values_of("BlockAtRegistration", uids));
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    if (!blocks[i].has_value()) continue;
    BITTENSOR_ASSIGN_OR_RETURN(neurons[i]->registered_at,
                               number_in("BlockAtRegistration", *blocks[i]));
  }
  return absl::OkStatus();
}

absl::Status SubnetReader::read_accounts(const std::vector<ChainNeuron*>& neurons) const {
  const std::vector<ScaleValue> hotkeys = hotkeys_of(neurons);
  BITTENSOR_ASSIGN_OR_RETURN(const Values axons, values_of("Axons", hotkeys));
  BITTENSOR_ASSIGN_OR_RETURN(const Values owners, values_of("Owner", hotkeys));
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    neurons[i]->axon = {};
    neurons[i]->coldkey = {};
    if (axons[i].has_value()) {
      BITTENSOR_ASSIGN_OR_RETURN(const ScaleValue value, value_in("Axons", *axons[i]));
      const absl::StatusOr<AxonInfo> axon = axon_of(value);
      if (!axon.ok()) return wrong("Axons", axon.status());
      neurons[i]->axon = *axon;
    }
    if (owners[i].has_value()) {
      const absl::StatusOr<AccountId> owner = read_account(*owners[i]);
      if (!owner.ok()) return wrong("Owner", owner.status());
      neurons[i]->coldkey = *owner;
    }
  }
  return absl::OkStatus();
}

absl::Status SubnetReader::read_stakes(const std::vector<ChainNeuron*>& neurons) const {
  const bool per_subnet = runtime_->metadata->storage(kSubtensor, "TotalHotkeyAlpha").ok();
  const char* const entry = per_subnet ? "TotalHotkeyAlpha" : "TotalHotkeyStake";
  BITTENSOR_ASSIGN_OR_RETURN(const Values stakes, values_of(entry, hotkeys_of(neurons)));
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    neurons[i]->stake = 0;
    if (!stakes[i].has_value()) continue;
    BITTENSOR_ASSIGN_OR_RETURN(neurons[i]->stake, number_in(entry, *stakes[i]));
  }
  return absl::OkStatus();
}

absl::Status SubnetReader::read_rows(const std::set<std::uint16_t>& uids,
                                     NeuronSnapshot& snapshot) const {
  std::vector<ScaleValue> keys;
  std::vector<ChainNeuron*> neurons;
  for (const std::uint16_t uid : uids) {
    keys.push_back(ScaleValue::of_number(uid));
    neurons.push_back(&snapshot.neurons[uid]);
  }
  if (keys.empty()) return absl::OkStatus();
  BITTENSOR_RETURN_IF_ERROR(read_keys(keys, neurons));
  BITTENSOR_RETURN_IF_ERROR(read_weights(keys, neurons));
  BITTENSOR_RETURN_IF_ERROR(read_registrations(keys, neurons));
  BITTENSOR_RETURN_IF_ERROR(read_accounts(neurons));
  return read_stakes(neurons);
}

absl::Status SubnetReader::read_lists(NeuronSnapshot& snapshot, bool all) const {
  std::vector<std::string> places;
  std::vector<const NeuronList*> lists;
  for (const NeuronList& list : kNeuronLists) {
    if (!all && list.member != nullptr) continue;
    const absl::StatusOr<std::string> place =
        storage_key(*runtime_->metadata, kSubtensor, list.entry, {ScaleValue::of_number(netuid_)});
    if (!place.ok()) continue;  // this runtime has no such list
    places.push_back(*place);
    lists.push_back(&list);
  }
  BITTENSOR_ASSIGN_OR_RETURN(const Values values, node_.storage(places, block_hash_, deadline_));
  for (std::size_t i = 0; i < lists.size(); ++i) {
    if (!values[i].has_value()) continue;
    BITTENSOR_ASSIGN_OR_RETURN(const ScaleValue numbers, value_in(lists[i]->entry, *values[i]));
    const absl::Status status = set_numbers(*lists[i], numbers.items, snapshot.neurons);
    if (!status.ok()) return wrong(lists[i]->entry, status);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> SubnetReader::read_all_from_storage() const {
  BITTENSOR_ASSIGN_OR_RETURN(const std::size_t neurons, count());
  auto snapshot = empty_snapshot();
  snapshot->neurons.resize(neurons);
  std::set<std::uint16_t> all;
  for (std::size_t uid = 0; uid < neurons; ++uid) {
    snapshot->neurons[uid].uid = static_cast<std::uint16_t>(uid);
    all.insert(all.end(), static_cast<std::uint16_t>(uid));
  }
  BITTENSOR_RETURN_IF_ERROR(read_rows(all, *snapshot));
  BITTENSOR_RETURN_IF_ERROR(read_lists(*snapshot, /*all=*/true));
  return snapshot;
}

absl::StatusOr<std::vector<ChainNeuron>> SubnetReader::call_metagraph() const {
  constexpr char kFunction[] = "SubnetInfoRuntimeApi_get_metagraph";
  const RuntimeMethod* const method = runtime_->metadata->method(kFunction);
  if (method == nullptr) return absl::UnimplementedError("this runtime has no get_metagraph");
  ScaleWriter netuid;
  netuid.u16(netuid_);
  BITTENSOR_ASSIGN_OR_RETURN(const std::string answer,
                             node_.runtime_call(kFunction, netuid.bytes(), block_hash_, deadline_));
  return read_metagraph(runtime_->metadata->types(), method->output, netuid_, answer);
}

absl::StatusOr<std::vector<ChainNeuron>> SubnetReader::call_neurons_lite() const {
  ScaleWriter netuid;
  netuid.u16(netuid_);
  BITTENSOR_ASSIGN_OR_RETURN(const std::string answer,
                             node_.runtime_call("NeuronInfoRuntimeApi_get_neurons_lite",
                                                netuid.bytes(), block_hash_, deadline_));
  return read_neurons_lite(netuid_, answer);
}

absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> SubnetReader::read_all() const {
  BITTENSOR_ASSIGN_OR_RETURN(const std::size_t neurons, count());
  const auto is_away = [](const absl::Status& status) {
    return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
           absl::IsCancelled(status);
  };
  absl::StatusOr<std::vector<ChainNeuron>> read = call_metagraph();
  if (is_away(read.status())) return read.status();
  const bool by_metagraph = read.ok() && read->size() == neurons;
  if (!by_metagraph) {
    read = call_neurons_lite();
    if (is_away(read.status())) return read.status();
  }
  if (!read.ok() || read->size() != neurons) {
    spdlog::debug("chain: neurons are read from storage: {}", std::string(read.status().message()));
    return read_all_from_storage();
  }
  auto snapshot = empty_snapshot();
  snapshot->neurons = *std::move(read);
  std::vector<ScaleValue> uids;
  std::vector<ChainNeuron*> rows;
  for (ChainNeuron& neuron : snapshot->neurons) {
    uids.push_back(ScaleValue::of_number(neuron.uid));
    rows.push_back(&neuron);
  }
  if (uids.empty()) return snapshot;
  // What the function leaves out. A neuron's stake is among it: what others than the owner have
  // staked is not in the one's, and children's stake is in the other's.
  BITTENSOR_RETURN_IF_ERROR(read_weights(uids, rows));
  BITTENSOR_RETURN_IF_ERROR(by_metagraph ? read_lists(*snapshot, /*all=*/false)
                                         : read_registrations(uids, rows));
  BITTENSOR_RETURN_IF_ERROR(read_stakes(rows));
  return snapshot;
}

void SubnetReader::add_changed(const ChainEvent& event, const NeuronSnapshot& snapshot,
                               std::set<std::uint16_t>& uids) const {
  if (event.pallet != kSubtensor) return;
  const std::vector<ScaleValue>& items = event.fields.items;
  const auto is_number = [&](std::size_t i) {
    return i < items.size() && items[i].kind == ScaleValue::Kind::kNumber;
  };
  // (netuid, uid, ...): a neuron that registered, or set weights.
  if (is_number(0) && is_number(1) && items[0].number == netuid_ &&
      items[1].number < snapshot.neurons.size()) {
    uids.insert(static_cast<std::uint16_t>(items[1].number));
  }
  // An account: its axon, its stake, its owner.
  for (const ScaleValue& item : items) {
    if (item.kind != ScaleValue::Kind::kBytes || item.bytes.size() != sizeof(AccountId)) continue;
    AccountId account;
    std::copy(item.bytes.begin(), item.bytes.end(), account.begin());
    if (const ChainNeuron* const neuron = snapshot.find(account)) uids.insert(neuron->uid);
  }
}

absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> SubnetReader::read_changes(
    const NeuronSnapshot& before, const std::vector<ChainEvent>& events) const {
  BITTENSOR_ASSIGN_OR_RETURN(const std::size_t neurons, count());
  auto snapshot = empty_snapshot();
  snapshot->neurons = before.neurons;
  snapshot->neurons.resize(neurons);
  std::set<std::uint16_t> changed;
  for (std::size_t uid = before.neurons.size(); uid < neurons; ++uid) {
    snapshot->neurons[uid].uid = static_cast<std::uint16_t>(uid);
    changed.insert(static_cast<std::uint16_t>(uid));
  }
  for (const ChainEvent& event : events) add_changed(event, *snapshot, changed);
  BITTENSOR_RETURN_IF_ERROR(read_rows(changed, *snapshot));
  BITTENSOR_RETURN_IF_ERROR(read_lists(*snapshot, /*all=*/true));
  return snapshot;
}

}  // namespace bittensor
