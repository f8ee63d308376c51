// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <sys/types.h>

#include "bittensor/metagraph/synapse_record.h"
#include "bittensor/synapse/synapse.h"

namespace bittensor::bench {

// Axons in a process of their own, on loopback: what a benchmark asks. The
// process computes with one thread and ends with this object.
class Peers {
 public:
  using MakeSynapse = std::function<std::shared_ptr<Synapse>()>;

  // Forks: to be called before this process has threads. Ends the program if it fails.
  Peers(int count, const MakeSynapse& make);
  ~Peers();
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  const std::vector<SynapseRecord>& records() const { return records_; }

 private:
  pid_t pid_;
  std::vector<SynapseRecord> records_;
};

}  // namespace bittensor::bench
