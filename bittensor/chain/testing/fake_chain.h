// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bittensor/base/mutex.h"
#include "bittensor/chain/rpc/rpc_client.h"
#include "bittensor/chain/signer.h"
#include "bittensor/chain/subtensor/metadata.h"
#include "bittensor/chain/subtensor/scale_value.h"

namespace bittensor::testing {

// A node and its chain in memory, of Subtensor's runtime 218: it checks signatures, eras and
// turns of extrinsics, keeps accounts, and does nothing else with a call but to let it succeed
// or fail. What else is in its storage, and how it misbehaves, a test says.
//
// Thread-safe, but for its public members, which are set before anything is asked.
class FakeChain final : public RpcClient {
 public:
  FakeChain();

  absl::StatusOr<Json> call(const std::string& method, const Json& params,
                            TimePoint deadline) override BITTENSOR_EXCLUDES(mutex_);
  // Makes a block first.
  absl::StatusOr<Json> next_head(std::uint64_t seen, TimePoint deadline) override
      BITTENSOR_EXCLUDES(mutex_);

  void make_block() BITTENSOR_EXCLUDES(mutex_);
  // Sets a value that the next block shows, and its event.
  void set(const std::string& place, const std::string& value);
  void set(const char* entry, const std::vector<ScaleValue>& keys, const ScaleValue& value);
  void add_event(ScaleValue pallet_event);

  std::string genesis_hash() const { return hash_of(0); }
  std::uint32_t nonce_of(const AccountId& account) const BITTENSOR_EXCLUDES(mutex_);

  // Answers in place of the chain, if it gives any.
  std::function<std::optional<absl::StatusOr<Json>>(const std::string& method, const Json& params)>
      script;
  int drop = 0;              // so many extrinsics are taken and forgotten
  bool idle = false;         // no more blocks are made by next_head()
  int fail_with_error = -1;  // of SubtensorModule: all extrinsics end so
  std::uint32_t spec_version = 218;
  int handed_in = 0;  // extrinsics so far

 private:
  struct Block {
    std::vector<std::string> extrinsics;
    std::map<std::string, std::string> storage;
  };
  static std::string hash_of(std::uint64_t number);
  absl::StatusOr<Json> answer(const std::string& method, const Json& params)
      BITTENSOR_REQUIRES(mutex_);
  const Block& block_at(const Json& hash) const BITTENSOR_REQUIRES(mutex_);
  absl::Status take(const std::string& extrinsic) BITTENSOR_REQUIRES(mutex_);
  void make_block_locked() BITTENSOR_REQUIRES(mutex_);
  ScaleValue outcome() const;

  const std::shared_ptr<const Metadata> metadata_;
  mutable Mutex mutex_;
  std::vector<Block> blocks_ BITTENSOR_GUARDED_BY(mutex_);
  std::map<std::string, std::string> state_ BITTENSOR_GUARDED_BY(mutex_);
  std::vector<ScaleValue> events_ BITTENSOR_GUARDED_BY(mutex_);
  std::map<std::string, std::uint32_t> nonces_ BITTENSOR_GUARDED_BY(mutex_);
  // By account and turn.
  std::map<std::pair<std::string, std::uint32_t>, std::string> pool_ BITTENSOR_GUARDED_BY(mutex_);
};

// A record of System.Events; no `extrinsic`: of the block.
ScaleValue event_record(std::optional<std::uint32_t> extrinsic, const std::string& pallet,
                        ScaleValue event);

}  // namespace bittensor::testing
