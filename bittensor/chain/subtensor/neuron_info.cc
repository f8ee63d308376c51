// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/neuron_info.h"

#include <limits>
#include <utility>

#include "bittensor/base/status_macros.h"
#include "bittensor/chain/subtensor/scale.h"

namespace bittensor {
namespace {

constexpr std::size_t kLeastNeuronBytes = 140;

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

}  // namespace

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

absl::StatusOr<std::vector<std::uint64_t>> read_numbers(absl::string_view bytes,
                                                        std::size_t bytes_each) {
  ScaleReader reader(bytes);
  std::vector<std::uint64_t> numbers;
  const std::size_t count = reader.length(bytes_each);
  numbers.reserve(count);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    numbers.push_back(bytes_each == 1   ? reader.u8()
                      : bytes_each == 2 ? reader.u16()
                                        : reader.u64());
  }
  BITTENSOR_RETURN_IF_ERROR(reader.finish());
  return numbers;
}

}  // namespace bittensor
