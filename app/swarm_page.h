// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "bittensor/base/mutex.h"

namespace bittensor {

// What the page of a whole swarm shows: the states that its neurons write once a second, in one.
//
// Thread-safe.
class SwarmPage {
 public:
  struct Member {
    int number = 0;
    std::string status;       // starting, running, done or failed
    std::string failure;      // why it failed
    std::string status_file;  // of the neuron; there may be none yet
  };

  void set(std::vector<Member> members) BITTENSOR_EXCLUDES(mutex_);

  // {"version":1,"swarm":[{"number","status","failure","state"}...]} on one line; a neuron that has
  // told nothing yet has the state null.
  std::string state() const BITTENSOR_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::vector<Member> members_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
