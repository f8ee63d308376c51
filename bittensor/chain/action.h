// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "bittensor/chain/neurons.h"
#include "bittensor/chain/signer.h"

namespace bittensor {

// What can be done on a chain, and who has to sign it.

struct BurnedRegistration {  // the coldkey, who pays the burn
  std::uint16_t netuid = 0;
  AccountId hotkey{};
};

struct WorkRegistration {  // the hotkey, who needs no balance
  std::uint16_t netuid = 0;
  std::uint64_t block = 0;  // whose hash the work is for
  std::uint64_t nonce = 0;
  std::string seal;  // 32 bytes
  AccountId hotkey{};
  AccountId coldkey{};
};

struct AxonAnnouncement {  // the hotkey
  std::uint16_t netuid = 0;
  AxonInfo axon;
};

struct WeightsUpdate {  // the hotkey
  std::uint16_t netuid = 0;
  ChainWeightRow weights;
  std::uint64_t version_key = 0;
};

// The first half of an update where the subnet hides weights for a while: their hash.
struct WeightsCommit {  // the hotkey
  WeightsUpdate update;
  std::vector<std::uint16_t> salt;
};

// The second half, with the same update and salt, in the epoch that the subnet asks for.
struct WeightsReveal {  // the hotkey
  WeightsUpdate update;
  std::vector<std::uint16_t> salt;
};

struct Transfer {  // whoever pays
  AccountId to{};
  Rao amount = 0;
};

using ChainAction = std::variant<BurnedRegistration, WorkRegistration, AxonAnnouncement,
                                 WeightsUpdate, WeightsCommit, WeightsReveal, Transfer>;

// What was done, where.
struct Receipt {
  std::uint64_t block = 0;
  std::string block_hash;           // 32 bytes
  std::string extrinsic_hash;       // 32 bytes
  std::vector<std::string> events;  // "SubtensorModule.AxonServed"
};

}  // namespace bittensor
