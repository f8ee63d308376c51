// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <set>
#include <string>

#include "absl/status/statusor.h"

#include "bittensor/base/mutex.h"
#include "bittensor/chain/action.h"
#include "bittensor/chain/subtensor/extrinsic.h"
#include "bittensor/chain/subtensor/node.h"
#include "bittensor/chain/subtensor/runtime.h"

namespace bittensor {

// Brings calls into the chain and says how they ended.
//
// An extrinsic is looked for in each new block. One that a node dropped is handed in again, byte
// for byte; one that ran out of its time, or that an upgrade of the runtime made void, is signed
// anew for the same turn (nonce) of its account. The chain takes one extrinsic a turn, so none
// of this can do a thing twice. Those of one account take turns: the next begins when the chain has
// said how the one before ended, so that no two are signed for one turn.
//
// Thread-safe. What it is given must outlive it.
class Submitter {
 public:
  struct Options {
    std::uint64_t era_blocks = 64;                     // how long one is valid, a power of two
    Duration resend_after = std::chrono::seconds(30);  // without a block that has it
  };

  Submitter(Options options, const Node& node, Runtimes& runtimes, std::string genesis_hash)
      : options_(options),
        node_(node),
        runtimes_(runtimes),
        genesis_hash_(std::move(genesis_hash)) {}

  // Blocks until it is in a block or `deadline` has passed. Errors as Chain::submit().
  absl::StatusOr<Receipt> submit(const ChainAction& action, const Signer& signer,
                                 TimePoint deadline);

  // What the chain would take for it.
  absl::StatusOr<Rao> fee(const ChainAction& action, const Signer& signer, TimePoint deadline);

 private:
  struct Signed {
    std::string extrinsic;
    std::uint32_t spec_version = 0;
    std::uint64_t first_block = 0;  // that it can be in
    std::uint64_t last_block = 0;
  };
  absl::StatusOr<Signed> sign(const ChainAction& action, const Signer& signer, std::uint32_t nonce,
                              TimePoint deadline) const;
  // The account's next turn, by the chain.
  absl::StatusOr<std::uint32_t> nonce_on_chain(const AccountId& account, const Node::Head& head,
                                               TimePoint deadline) const;
  // Blocks while another one of the account is under way.
  absl::Status begin(const AccountId& account, TimePoint deadline) BITTENSOR_EXCLUDES(mutex_);
  void end(const AccountId& account) BITTENSOR_EXCLUDES(mutex_);
  absl::StatusOr<Receipt> follow(const ChainAction& action, const Signer& signer,
                                 std::uint32_t nonce, TimePoint deadline) const;
  // kNotFound if it is not in the block of that number.
  absl::StatusOr<Receipt> look_for(const std::string& extrinsic, std::uint64_t block,
                                   TimePoint deadline) const;

  const Options options_;
  const Node& node_;
  Runtimes& runtimes_;
  const std::string genesis_hash_;

  Mutex mutex_;
  std::condition_variable_any ended_;
  std::set<AccountId> under_way_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
