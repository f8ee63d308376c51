// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bittensor/base/manual_executor.h"
#include "bittensor/metagraph/gossip.h"
#include "bittensor/metagraph/publisher.h"
#include "bittensor/transport/in_process_transport.h"

namespace bittensor {

// A network of many neurons that all know each other already and renew their
// records as neurons do: to measure what gossip costs once it is at rest.
//
// Not thread-safe.
class Swarm {
 public:
  explicit Swarm(int neurons);
  ~Swarm();

  // All neurons do `rounds` rounds.
  void run_rounds(int rounds);

  // One neuron says something new. Returns after how many rounds all know it, or
  // `at_most` + 1.
  int rounds_until_all_know_news(int at_most);

  // Sent so far by all neurons together.
  std::uint64_t bytes_sent() const;

  // Whether each neuron knows each other one.
  bool whole() const;

 private:
  struct Member;

  ManualExecutor executor_;
  Switchboard board_{executor_};
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace bittensor
