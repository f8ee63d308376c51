// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "bittensor/axon/axon.h"
#include "bittensor/base/executor.h"
#include "bittensor/base/file_lock.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/neuron/options.h"
#include "bittensor/wallet/keys.h"
#include "bittensor/wallet/wallet.h"
#include "bittensor/watch/neuron_state.h"
#include "bittensor/watch/watch.h"

namespace bittensor {

class Dashboard;
class NeuronWatch;

// All that shows a neuron to people, as its options ask for: the status file, which `bittensor
// status` reads, and what lies beside it, /metrics, the page.
//
// Thread-safe. What it is given must outlive it.
class NeuronDisplay {
 public:
  // What a program adds to it, see NeuronWatch::Options; both may be empty.
  struct Hooks {
    std::function<void(const NeuronState&)> draw;
    std::function<void(const std::string& line)> say;
  };

  // The neuron's state is to be seen from now on. `kind` names the program: "mnist". kUnavailable,
  // naming it, if a port is taken.
  static absl::StatusOr<std::unique_ptr<NeuronDisplay>> start(const NeuronOptions& options,
                                                              const std::string& kind,
                                                              const PublicKey& key,
                                                              Executor& executor, Hooks hooks = {});
  // Shows the last state, and ends.
  ~NeuronDisplay();
  NeuronDisplay(const NeuronDisplay&) = delete;
  NeuronDisplay& operator=(const NeuronDisplay&) = delete;

  // What the neuron says of itself goes in here.
  Watch& watch() { return watch_; }
  NeuronWatch& neuron_watch() { return *neuron_watch_; }
  // Of the page; empty if there is none.
  std::string url() const;

  // From now on until detach() the state is that of a neuron of these parts.
  void attach(Metagraph& metagraph, Axon& axon, Dendrite& dendrite);
  // The last state stays.
  void detach();

  // The task of the synapse, and once the axon has started its address.
  void describe(const std::string& task, const std::string& address);

 private:
  NeuronDisplay(NeuronState::About about, const PublicKey& key, Executor& executor);

  const NeuronState::About about_;
  const PublicKey key_;
  Watch watch_;
  std::unique_ptr<NeuronWatch> neuron_watch_;
  std::unique_ptr<Dashboard> dashboard_;  // asks neuron_watch_
};

// What each program of a neuron begins with.
struct NeuronStart {
  Wallet wallet;
  FileLock lock;  // no other process uses the key
  std::unique_ptr<NeuronDisplay> display;
};

// Opens the key that `options` name, creating it if there is none, and shows the neuron: also
// while it waits for the key's passphrase. `executor` must outlive the display. Errors as those of
// open_wallet(), lock_key() and NeuronDisplay::start().
absl::StatusOr<NeuronStart> start_neuron(const NeuronOptions& options, const std::string& kind,
                                         Executor& executor, NeuronDisplay::Hooks hooks = {});

// Where others reach the axon, as the metagraph says where they reach it.
std::string axon_address(const Metagraph& metagraph, const Axon& axon);

}  // namespace bittensor
