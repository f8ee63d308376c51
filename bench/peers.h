// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <sys/types.h>

#include "bittensor/axon/axon.h"
#include "bittensor/metagraph/synapse_record.h"
#include "bittensor/synapse/synapse.h"
#include "bittensor/transport/grpc/grpc_transport.h"

namespace bittensor::bench {

// The calling thread, and those it starts from now on, run on this core only.
void pin_to_core(int core);

// With TLS, as a neuron with --tls; the executor must outlive it.
GrpcTransport::Options with_tls(const Wallet& wallet, Executor& executor);

// Axons in a process of their own, on loopback: what a benchmark asks. The
// process computes with one thread and ends with this object.
class Peers {
 public:
  using MakeSynapse = std::function<std::shared_ptr<Synapse>()>;

  struct Options {
    Axon::Options axon;
    int core = -1;          // the only core of the process; -1: any
    bool tls = false;       // of one axon alone: the certificate is bound to its key
    bool as_given = false;  // if not, `axon` listens at 127.0.0.1 and answers almost anything
    Duration swap_every{};  // serve another made synapse so often; zero: never
  };

  // Forks: to be called before this process has threads. Ends the program if it fails.
  Peers(int count, const MakeSynapse& make, Options options);
  Peers(int count, const MakeSynapse& make) : Peers(count, make, Options()) {}
  ~Peers();
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  const std::vector<SynapseRecord>& records() const { return records_; }
  pid_t pid() const { return pid_; }

  // The most memory that the process ever held, in MB.
  double peak_mb() const;

 private:
  pid_t pid_;
  std::vector<SynapseRecord> records_;
};

}  // namespace bittensor::bench
