// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/base/file_lock.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/chain/chain.h"
#include "bittensor/neuron/neuron.h"
#include "bittensor/neuron/options.h"
#include "bittensor/watch/watch.h"

namespace bittensor {

class NeuronDisplay;

// A neuron with all that it needs, by the options that programs have: the short way for a model of
// your own. See examples/custom. Not thread-safe.
class StandaloneNeuron {
 public:
  // Opens the key file (created if missing), listens and joins the network. Errors name what is
  // wrong: a port that is taken, a key file that another neuron uses, a bootstrap that is no
  // HOST:PORT. `bittensor status` shows it, and whatever else the options ask for (NeuronDisplay),
  // by the name of its program, or by `kind`.
  static absl::StatusOr<std::unique_ptr<StandaloneNeuron>> create(const NeuronOptions& options,
                                                                  std::shared_ptr<Synapse> synapse,
                                                                  const std::string& kind = "");
  ~StandaloneNeuron();

  // Trains `steps` steps, with the network where there is one; `make` gives the batch of a step.
  // kCancelled if a stop is requested (StopSignal).
  absl::Status train(std::int64_t steps, torch::optim::Optimizer& optimizer,
                     const MakeMiniBatch& make);

  Neuron& neuron() { return *neuron_; }
  // Where it is told what else the neuron does.
  Watch& watch();
  std::vector<at::Tensor> parameters() { return neuron_->parameters(); }

 private:
  StandaloneNeuron() = default;

  std::optional<Wallet> wallet_;
  std::optional<FileLock> lock_;
  ThreadExecutor executor_;
  std::unique_ptr<NeuronDisplay> display_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Chain> chain_;  // null without --chain_endpoint
  std::unique_ptr<Neuron> neuron_;
};

}  // namespace bittensor
