// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "bittensor/base/executor.h"
#include "bittensor/base/lru_map.h"
#include "bittensor/base/mutex.h"
#include "bittensor/synapse/inputs.h"
#include "bittensor/synapse/served_synapse.h"
#include "bittensor/wallet/keys.h"

namespace bittensor {

// The inputs of forward calls whose backward is still to come, so that they need
// not travel twice, with the synapse that answered: the gradient is of the
// function that was called, even if the axon serves another by then. Bounded, all
// together and for each caller: the oldest go first.
//
// Thread-safe.
class KeptInputs {
 public:
  struct Options {
    std::size_t max_bytes = std::size_t{64} << 20;
    std::size_t max_bytes_per_caller = std::size_t{16} << 20;
    Duration keep_for = std::chrono::seconds(30);
    std::size_t max_synapses = 2;  // copies of the model that are kept with them
  };

  struct Kept {
    Inputs inputs;
    std::shared_ptr<ServedSynapse> synapse;
  };

  explicit KeptInputs(Options options) : options_(options) {}

  // Keeps `kept` for `caller`, if it is not too large.
  void put(const PublicKey& caller, std::uint64_t call_id, Kept kept, TimePoint now)
      BITTENSOR_EXCLUDES(mutex_);

  // What was kept, once; none if it is gone.
  std::optional<Kept> take(const PublicKey& caller, std::uint64_t call_id, TimePoint now)
      BITTENSOR_EXCLUDES(mutex_);

  // Forgets what others than `synapse` answered.
  void keep_only_of(const ServedSynapse* synapse) BITTENSOR_EXCLUDES(mutex_);

  std::size_t bytes() const BITTENSOR_EXCLUDES(mutex_);

 private:
  using Id = std::pair<PublicKey, std::uint64_t>;
  struct Entry {
    Kept kept;
    std::size_t bytes;
    std::uint64_t number;  // counts up
    TimePoint until;
  };
  struct OfCaller {
    std::size_t bytes = 0;
    std::map<std::uint64_t, std::uint64_t> calls;  // call_id by number: the oldest first
  };
  using Entries = LruMap<Id, Entry>;  // never used before they are taken: the oldest comes first

  void erase(const Id& id) BITTENSOR_REQUIRES(mutex_);
  void drop_expired(TimePoint now) BITTENSOR_REQUIRES(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  Entries entries_ BITTENSOR_GUARDED_BY(mutex_);
  std::map<PublicKey, OfCaller> of_caller_ BITTENSOR_GUARDED_BY(mutex_);
  std::uint64_t count_ BITTENSOR_GUARDED_BY(mutex_) = 0;  // of all that were kept so far
  std::size_t bytes_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::map<const ServedSynapse*, std::size_t> uses_ BITTENSOR_GUARDED_BY(mutex_);  // by entries
};

}  // namespace bittensor
