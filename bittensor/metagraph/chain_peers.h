// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"
#include "bittensor/chain/chain.h"
#include "bittensor/metagraph/chain_directory.h"
#include "bittensor/metagraph/pending_commit.h"
#include "bittensor/metagraph/record_store.h"
#include "bittensor/transport/transport.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

// A neuron on a chain: reads from it who else is in the subnet, block by block, announces its own
// axon there, and sets its weights once a tempo; committed and revealed where the subnet hides
// them. All on a thread of its own: nobody waits for a chain. While it is away, what was read last
// holds.
//
// Thread-safe. What it is given must outlive it.
class ChainPeers {
 public:
  struct Options {
    std::uint16_t netuid = 1;
    // Where weights that are committed and not yet revealed survive a restart; empty: nowhere.
    std::string commit_file;
    Duration first_pause = std::chrono::seconds(1);  // after the chain failed; doubles each time
    Duration longest_pause = std::chrono::seconds(30);
    Duration read_timeout = std::chrono::seconds(60);   // of a snapshot
    Duration submit_timeout = std::chrono::minutes(3);  // until an extrinsic is in a block
    Duration longest_wait = std::chrono::minutes(2);    // for a block
  };
  // This neuron's weights, as they are now.
  using Weights = std::function<WeightRow()>;

  ChainPeers(Options options, Chain& chain, Transport& transport, const Wallet& wallet,
             Executor& executor, Weights weights);
  // Stops, see stop().
  ~ChainPeers();

  // Begins, with an axon at `axon_address` (IP:port) to announce. kInvalidArgument for an address
  // that no chain takes.
  absl::Status start(const std::string& axon_address);

  // Closes the chain, waits for the thread. May be called twice.
  void stop();

  // Neurons that have announced an axon, as records; proven are those that answered there by their
  // hotkey. And the rows of weights on the chain.
  std::shared_ptr<const RecordStore::Content> snapshot() const { return directory_->content(); }

  // How many snapshots were read.
  std::uint64_t reads() const { return directory_->reads(); }

 private:
  void follow();
  // Whether it is to stop; waits for that so long.
  bool stopped_within(Duration time) BITTENSOR_EXCLUDES(mutex_);
  absl::Status step(std::uint64_t& seen);
  void announce(const NeuronSnapshot& snapshot, const ChainNeuron& self);
  void publish_weights(const NeuronSnapshot& snapshot, const ChainNeuron& self);
  void commit(WeightsUpdate update, std::uint64_t next_block, const SubnetHyperparameters& rules);
  void reveal(std::uint64_t next_block, const SubnetHyperparameters& rules);
  void keep_commit(PendingCommit commit);
  void load_commit();
  void forget_commit();
  std::vector<std::pair<std::uint16_t, double>> weights_by_uid(
      const NeuronSnapshot& snapshot) const;
  absl::StatusOr<Receipt> submit(const ChainAction& action, absl::string_view what);
  // Warns, but of the same thing only once in a row.
  void warn_once(const std::string& problem);

  const Options options_;
  Chain& chain_;
  const Signer signer_;
  const Weights weights_;
  const std::shared_ptr<ChainDirectory> directory_;
  std::thread thread_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  bool stopped_ BITTENSOR_GUARDED_BY(mutex_) = false;

  // The thread's.
  AxonInfo axon_;
  std::uint64_t announce_at_ = 0;  // the block; after a failure later
  std::uint64_t weights_at_ = 0;
  std::optional<PendingCommit> commit_;  // and waits for its epoch
  std::set<std::string> warned_;
};

}  // namespace bittensor
