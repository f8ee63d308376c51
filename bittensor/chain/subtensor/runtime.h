// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "bittensor/base/mutex.h"
#include "bittensor/chain/subtensor/metadata.h"
#include "bittensor/chain/subtensor/node.h"

namespace bittensor {

// One version of the program that a chain runs.
struct Runtime {
  std::string name;
  std::uint32_t spec_version = 0;
  std::uint32_t transaction_version = 0;
  std::shared_ptr<const Metadata> metadata;
};

// The runtime at each block. It is asked for its version each time, so that an upgrade between
// two blocks is noticed, and for its metadata only when that changed.
//
// What a block did, and its events, is by the runtime at the block before it; what the next
// block will do, and what is signed for it, by the runtime at that block.
//
// Thread-safe. The node must outlive it.
class Runtimes {
 public:
  explicit Runtimes(const Node& node) : node_(node) {}

  // `block` is a hash. Errors are the node's; kUnimplemented or kInvalidArgument if its
  // metadata cannot be read.
  absl::StatusOr<std::shared_ptr<const Runtime>> at(const std::string& block, TimePoint deadline)
      BITTENSOR_EXCLUDES(mutex_);

 private:
  absl::StatusOr<std::shared_ptr<const Metadata>> read_metadata(const std::string& block,
                                                                TimePoint deadline) const;

  const Node& node_;
  Mutex mutex_;
  std::shared_ptr<const Runtime> last_ BITTENSOR_GUARDED_BY(mutex_);
  std::shared_ptr<const Runtime> before_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
