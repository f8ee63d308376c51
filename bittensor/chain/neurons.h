// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/chain/signer.h"

namespace bittensor {

// Money on the chain: 1 TAO is 1,000,000,000 rao.
using Rao = std::uint64_t;
std::string tao_text(Rao amount);                         // "1.5 TAO"
absl::StatusOr<Rao> parse_tao(absl::string_view amount);  // "1.5", at most 9 decimals

// Where a neuron is served, as it announced it on the chain.
struct AxonInfo {
  std::uint64_t block = 0;  // when
  std::uint32_t version = 0;
  absl::uint128 ip = 0;  // the address as a number, first byte highest; 0: none announced
  std::uint16_t port = 0;
  std::uint8_t ip_type = 0;  // 4 or 6; 0: none announced
  std::uint8_t protocol = 0;
  std::uint8_t placeholder1 = 0;
  std::uint8_t placeholder2 = 0;

  // "host:port", the host of IPv6 in brackets; empty if none was announced.
  std::string address() const;
  // From "192.0.2.1:8091" or "[2001:db8::1]:8091". kInvalidArgument for a name or another form,
  // and for what no chain takes: port 0, 127.0.0.1, ::1 and the like.
  static absl::StatusOr<AxonInfo> at(absl::string_view address);

  friend bool operator==(const AxonInfo& a, const AxonInfo& b) {
    return a.block == b.block && a.version == b.version && a.ip == b.ip && a.port == b.port &&
           a.ip_type == b.ip_type && a.protocol == b.protocol;
  }
};

// What a subnet's validators give: (uid, value) in order of uids, values up to 65,535.
using ChainWeightRow = std::vector<std::pair<std::uint16_t, std::uint16_t>>;

// One neuron of a subnet. What is a share has 65,535 for 1.
struct ChainNeuron {
  std::uint16_t uid = 0;
  AccountId hotkey{};   // its name, which it signs with
  AccountId coldkey{};  // whose it is
  AxonInfo axon;
  bool active = false;
  bool validator_permit = false;
  Rao stake = 0;     // in the subnet's own coin
  Rao emission = 0;  // of the last epoch
  std::uint16_t rank = 0;
  std::uint16_t trust = 0;
  std::uint16_t validator_trust = 0;
  std::uint16_t consensus = 0;
  std::uint16_t incentive = 0;
  std::uint16_t dividends = 0;
  std::uint64_t last_update = 0;    // the block in which it last set weights
  std::uint64_t registered_at = 0;  // the block
  ChainWeightRow weights;
};

// A subnet at one block. It does not change.
struct NeuronSnapshot {
  std::uint16_t netuid = 0;
  std::uint64_t block = 0;
  std::string block_hash;            // 32 bytes
  std::vector<ChainNeuron> neurons;  // neuron i has uid i

  // Null if it is not registered.
  const ChainNeuron* find(const AccountId& hotkey) const;
};

}  // namespace bittensor
