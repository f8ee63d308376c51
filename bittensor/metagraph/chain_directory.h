// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"
#include "bittensor/chain/neurons.h"
#include "bittensor/metagraph/record_store.h"
#include "bittensor/transport/transport.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

// The neurons of a subnet as records of a metagraph. A chain tells hotkeys and addresses; what is
// served there, and whether it is that hotkey, is asked at the address (proto/identity.proto): only
// an answer that the hotkey proves makes a neuron proven. Who does not answer is asked again after
// a growing pause, who did every few minutes. Weights are taken as the chain has them.
//
// Thread-safe. Questions leave in update(), answers come on the threads of the transport; held by
// shared_ptr because they may come late.
class ChainDirectory : public std::enable_shared_from_this<ChainDirectory> {
 public:
  struct Options {
    std::size_t most_questions = 32;  // under way
    Duration timeout = std::chrono::seconds(5);
    Duration first_pause = std::chrono::seconds(5);
    Duration longest_pause = std::chrono::minutes(5);
    Duration ask_again = std::chrono::minutes(5);  // of one that answered
  };

  ChainDirectory(Options options, Transport& transport, const Wallet& wallet, Executor& executor)
      : options_(options), transport_(transport), wallet_(wallet), executor_(executor) {}

  // Takes what the chain says now, and asks those whose turn it is.
  void update(std::shared_ptr<const NeuronSnapshot> snapshot) BITTENSOR_EXCLUDES(mutex_);

  // Asks nobody any more. Nothing of it uses the transport or the wallet when this has returned.
  void stop() BITTENSOR_EXCLUDES(mutex_);

  std::shared_ptr<const RecordStore::Content> content() const BITTENSOR_EXCLUDES(mutex_);
  std::uint64_t reads() const BITTENSOR_EXCLUDES(mutex_);

 private:
  struct Peer {
    std::string address;
    std::optional<Schema> schema;  // once it is proven
    TimePoint ask_at{};
    Duration pause{};
    bool asking = false;
  };

  void ask_due() BITTENSOR_REQUIRES(mutex_);
  void ask(const PublicKey& key, Peer& peer) BITTENSOR_REQUIRES(mutex_);
  void take_answer(const PublicKey& key, const std::string& address,
                   const absl::StatusOr<Schema>& schema) BITTENSOR_EXCLUDES(mutex_);

  const Options options_;
  Transport& transport_;
  const Wallet& wallet_;
  Executor& executor_;

  mutable Mutex mutex_;
  bool stopped_ BITTENSOR_GUARDED_BY(mutex_) = false;
  std::map<PublicKey, Peer> peers_ BITTENSOR_GUARDED_BY(mutex_);
  std::size_t questions_ BITTENSOR_GUARDED_BY(mutex_) = 0;  // under way
  std::uint64_t reads_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::vector<StatementPtr> rows_ BITTENSOR_GUARDED_BY(mutex_);
  // Null: to be made.
  mutable std::shared_ptr<const RecordStore::Content> content_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
