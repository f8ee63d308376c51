// SPDX-License-Identifier: MIT
#include "bittensor/chain/testing/neurons_lite.h"

#include "bittensor/chain/subtensor/hashes.h"
#include "bittensor/chain/subtensor/scale.h"

namespace bittensor::testing {
namespace {

void add_neuron(ScaleWriter& writer, std::uint16_t netuid, std::uint16_t uid) {
  ScaleWriter number;
  number.u16(uid);
  writer.append(blake2b("hotkey" + number.bytes(), 32));
  const std::string coldkey = blake2b("coldkey" + number.bytes(), 32);
  writer.append(coldkey);
  writer.compact(uid);
  writer.compact(netuid);
  writer.boolean(true);
  writer.u64(900);  // axon
  writer.u32(1);
  writer.u128(0x0a000000u + uid);
  writer.u16(8091);
  for (const int byte : {4, 0, 0, 0}) writer.u8(static_cast<std::uint8_t>(byte));
  writer.append(std::string(31, '\0'));  // prometheus
  writer.compact(1);
  writer.append(coldkey);
  writer.compact((uid + 1) * std::uint64_t{1'000'000'000} + uid);
  writer.compact(0);  // rank
  writer.compact(7'000'000'000);
  writer.compact(uid);  // incentive
  for (int i = 0; i < 4; ++i) writer.compact(0);
  writer.compact(1000u + uid);
  writer.boolean(uid < 64);
  writer.compact(0);
}

}  // namespace

std::string neurons_lite(std::uint16_t netuid, std::uint16_t count) {
  ScaleWriter writer;
  writer.compact(count);
  for (std::uint16_t uid = 0; uid < count; ++uid) add_neuron(writer, netuid, uid);
  return writer.bytes();
}

}  // namespace bittensor::testing
