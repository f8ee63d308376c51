// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/neuron_info.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/chain/subtensor/scale.h"

namespace bittensor {
namespace {

constexpr std::size_t kLeastNeuronBytes = 140;
constexpr std::size_t kMostUids = 65536;

std::uint16_t share(ScaleReader& reader) {
  const std::uint64_t value = reader.compact_u64();
  if (value > std::numeric_limits<std::uint16_t>::max()) reader.fail("a share is more than 1");
  return static_cast<std::uint16_t>(value);
}

AxonInfo read_axon(ScaleReader& reader) {
  AxonInfo axon;
  axon.block = reader.u64();
  axon.version = reader.u32();
  axon.ip = reader.u128();
  axon.port = reader.u16();
  axon.ip_type = reader.u8();
  axon.protocol = reader.u8();
  axon.placeholder1 = reader.u8();
  axon.placeholder2 = reader.u8();
  return axon;
}

void skip_prometheus(ScaleReader& reader) {
  reader.take(8 + 4 + 16 + 2 + 1);
}

// The sum of what each coldkey has staked.
Rao read_stake(ScaleReader& reader) {
  Rao sum = 0;
  const std::size_t count = reader.length(33);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    reader.take(32);
    const Rao stake = reader.compact_u64();
    if (stake > ~sum) reader.fail("a stake is too large");
    sum += stake;
  }
  return sum;
}

ChainNeuron read_neuron(std::uint16_t netuid, ScaleReader& reader) {
  ChainNeuron neuron;
  neuron.hotkey = reader.bytes32();
  neuron.coldkey = reader.bytes32();
  neuron.uid = share(reader);
  if (share(reader) != netuid) reader.fail("a neuron of another subnet");
  neuron.active = reader.boolean();
  neuron.axon = read_axon(reader);
  skip_prometheus(reader);
  neuron.stake = read_stake(reader);
  neuron.rank = share(reader);
  neuron.emission = reader.compact_u64();
  neuron.incentive = share(reader);
  neuron.consensus = share(reader);
  neuron.trust = share(reader);
  neuron.validator_trust = share(reader);
  neuron.dividends = share(reader);
  neuron.last_update = reader.compact_u64();
  neuron.validator_permit = reader.boolean();
  share(reader);  // how soon it is replaced
  return neuron;
}

absl::StatusOr<std::vector<ChainNeuron>> read_bare(std::uint16_t netuid, absl::string_view bytes) {
  ScaleReader reader(bytes);
  std::vector<ChainNeuron> neurons;
  const std::size_t count = reader.length(kLeastNeuronBytes);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    neurons.push_back(read_neuron(netuid, reader));
    if (neurons.back().uid != i) reader.fail("the neurons are not in order");
  }
  BITTENSOR_RETURN_IF_ERROR(reader.finish());
  return neurons;
}

// Option<Metagraph>.
absl::StatusOr<const TypeDefinition*> metagraph_type(const TypeRegistry& types, TypeId output) {
  const TypeDefinition::Variant* const some =
      output < types.size() ? types[output].variant("Some") : nullptr;
  if (some == nullptr || some->fields.size() != 1 || some->index != 1) {
    return absl::UnimplementedError("the runtime's metagraph has a form that is not known here");
  }
  return &types[some->fields[0].type];
}

absl::Status misses(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the metagraph does not have ", what));
}

// The members of a metagraph that matter, in any order.
class MetagraphLists {
 public:
  absl::Status add(absl::string_view name, ScaleValue value, std::uint16_t netuid) {
    if (name == "netuid") {
      return value.u64().value_or(~std::uint64_t{}) == netuid ? absl::OkStatus()
                                                              : misses("the subnet's number");
    }
    if (name == "hotkeys") {
      hotkeys_ = std::move(value.items);
    } else if (name == "coldkeys") {
      coldkeys_ = std::move(value.items);
    } else if (name == "axons") {
      axons_ = std::move(value.items);
    } else if (name == "block_at_registration") {
      registrations_ = std::move(value.items);
    } else {
      for (std::size_t i = 0; i < kNeuronLists.size(); ++i) {
        if (kNeuronLists[i].member != nullptr && name == kNeuronLists[i].member) {
          numbers_[i] = std::move(value.items);
        }
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<ChainNeuron>> neurons() const {
    if (coldkeys_.size() != hotkeys_.size() || axons_.size() != hotkeys_.size() ||
        registrations_.size() != hotkeys_.size()) {
      return misses("a key, an axon and a block for each neuron");
    }
    if (hotkeys_.size() > kMostUids) return misses("so many uids");
    std::vector<ChainNeuron> neurons(hotkeys_.size());
    for (std::size_t uid = 0; uid < neurons.size(); ++uid) {
      ChainNeuron& neuron = neurons[uid];
      neuron.uid = static_cast<std::uint16_t>(uid);
      BITTENSOR_ASSIGN_OR_RETURN(neuron.hotkey, account_in(hotkeys_[uid]));
      BITTENSOR_ASSIGN_OR_RETURN(neuron.coldkey, account_in(coldkeys_[uid]));
      BITTENSOR_ASSIGN_OR_RETURN(neuron.axon, axon_of(axons_[uid]));
      BITTENSOR_ASSIGN_OR_RETURN(neuron.registered_at, registrations_[uid].u64());
    }
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      BITTENSOR_RETURN_IF_ERROR(set_numbers(kNeuronLists[i], numbers_[i], neurons));
    }
    return neurons;
  }

 private:
  static absl::StatusOr<AccountId> account_in(const ScaleValue& value) {
    AccountId account{};
    if (value.bytes.size() != account.size()) return misses("an account's 32 bytes");
    std::copy(value.bytes.begin(), value.bytes.end(), account.begin());
    return account;
  }

  std::vector<ScaleValue> hotkeys_;
  std::vector<ScaleValue> coldkeys_;
  std::vector<ScaleValue> axons_;
  std::vector<ScaleValue> registrations_;
  std::array<std::vector<ScaleValue>, kNeuronListCount> numbers_;
};

template <std::uint16_t ChainNeuron::*member>
void set_share(ChainNeuron& neuron, std::uint64_t value) {
  neuron.*member = static_cast<std::uint16_t>(value);
}

}  // namespace

const std::array<NeuronList, kNeuronListCount> kNeuronLists = {{
    {"Active", "active",
     [](ChainNeuron& neuron, std::uint64_t value) { neuron.active = value != 0; }},
    {"ValidatorPermit", "validator_permit",
     [](ChainNeuron& neuron, std::uint64_t value) { neuron.validator_permit = value != 0; }},
    {"Rank", "rank", set_share<&ChainNeuron::rank>},
    {"Trust", "trust", set_share<&ChainNeuron::trust>},
    {"ValidatorTrust", nullptr, set_share<&ChainNeuron::validator_trust>},
    {"Consensus", "consensus", set_share<&ChainNeuron::consensus>},
    {"Incentive", "incentives", set_share<&ChainNeuron::incentive>},
    {"Dividends", "dividends", set_share<&ChainNeuron::dividends>},
    {"Emission", "emission",
     [](ChainNeuron& neuron, std::uint64_t value) { neuron.emission = value; }},
    {"LastUpdate", "last_update",
     [](ChainNeuron& neuron, std::uint64_t value) { neuron.last_update = value; }},
}};

absl::Status set_numbers(const NeuronList& list, const std::vector<ScaleValue>& values,
                         std::vector<ChainNeuron>& neurons) {
  const std::size_t known = std::min(values.size(), neurons.size());
  for (std::size_t uid = 0; uid < known; ++uid) {
    BITTENSOR_ASSIGN_OR_RETURN(const std::uint64_t number, values[uid].u64());
    list.set(neurons[uid], number);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ChainNeuron>> read_neurons_lite(std::uint16_t netuid,
                                                           absl::string_view answer) {
  absl::StatusOr<std::vector<ChainNeuron>> bare = read_bare(netuid, answer);
  if (bare.ok()) return bare;
  ScaleReader reader(answer);
  const absl::string_view inner = reader.byte_string();
  if (!reader.finish().ok()) return bare;
  return read_bare(netuid, inner);
}

absl::StatusOr<ChainWeightRow> read_weight_row(absl::string_view bytes) {
  ScaleReader reader(bytes);
  ChainWeightRow row;
  const std::size_t count = reader.length(4);
  row.reserve(count);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    const std::uint16_t uid = reader.u16();
    row.emplace_back(uid, reader.u16());
  }
  BITTENSOR_RETURN_IF_ERROR(reader.finish());
  return row;
}

absl::StatusOr<AxonInfo> axon_of(const ScaleValue& value) {
  AxonInfo axon;
  BITTENSOR_ASSIGN_OR_RETURN(axon.block, value.u64("block"));
  BITTENSOR_ASSIGN_OR_RETURN(const std::uint64_t version, value.u64("version"));
  BITTENSOR_ASSIGN_OR_RETURN(const std::uint64_t port, value.u64("port"));
  BITTENSOR_ASSIGN_OR_RETURN(const std::uint64_t ip_type, value.u64("ip_type"));
  BITTENSOR_ASSIGN_OR_RETURN(const std::uint64_t protocol, value.u64("protocol"));
  const ScaleValue* const ip = value.find("ip");
  if (ip == nullptr || ip->kind != ScaleValue::Kind::kNumber) {
    return absl::InvalidArgumentError("an axon without an address");
  }
  axon.ip = ip->number;
  axon.version = static_cast<std::uint32_t>(version);
  axon.port = static_cast<std::uint16_t>(port);
  axon.ip_type = static_cast<std::uint8_t>(ip_type);
  axon.protocol = static_cast<std::uint8_t>(protocol);
  return axon;
}

absl::StatusOr<std::vector<ChainNeuron>> read_metagraph(const TypeRegistry& types, TypeId output,
                                                        std::uint16_t netuid,
                                                        absl::string_view answer) {
  BITTENSOR_ASSIGN_OR_RETURN(const TypeDefinition* metagraph, metagraph_type(types, output));
  ScaleReader reader(answer);
  if (!reader.boolean()) {
    BITTENSOR_RETURN_IF_ERROR(reader.finish());
    return absl::NotFoundError(absl::StrCat("the chain has no subnet ", netuid));
  }
  MetagraphLists lists;
  for (const TypeDefinition::Field& field : metagraph->fields) {
    ScaleValue value = read_value(types, field.type, reader);
    BITTENSOR_RETURN_IF_ERROR(reader.status());
    BITTENSOR_RETURN_IF_ERROR(lists.add(field.name, std::move(value), netuid));
  }
  BITTENSOR_RETURN_IF_ERROR(reader.finish());
  return lists.neurons();
}

}  // namespace bittensor
