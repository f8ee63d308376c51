// SPDX-License-Identifier: MIT
#include "bittensor/neuron/standalone_neuron.h"

#include <utility>

#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/neuron/join_chain.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/watch/watch.h"

namespace bittensor {

StandaloneNeuron::StandaloneNeuron(Wallet wallet, FileLock lock)
    : wallet_(std::move(wallet)), lock_(std::move(lock)) {}

absl::StatusOr<std::unique_ptr<StandaloneNeuron>> StandaloneNeuron::create(
    const NeuronOptions& options, std::shared_ptr<Synapse> synapse) {
  BITTENSOR_ASSIGN_OR_RETURN(Wallet wallet, open_wallet(options));
  BITTENSOR_ASSIGN_OR_RETURN(FileLock lock, lock_key(options));
  std::unique_ptr<StandaloneNeuron> made(new StandaloneNeuron(std::move(wallet), std::move(lock)));
  BITTENSOR_ASSIGN_OR_RETURN(made->transport_,
                             make_transport(options, made->wallet_, made->executor_));
  Watch watch(made->executor_);  // Nobody looks at it: a program of one's own shows what it likes.
  BITTENSOR_ASSIGN_OR_RETURN(made->chain_, join_chain(options, made->wallet_, watch));
  Neuron::Options parts = neuron_options(options);
  parts.metagraph.chain = made->chain_.get();
  made->neuron_ = std::make_unique<Neuron>(std::move(parts), *made->transport_, made->wallet_,
                                           made->executor_, std::move(synapse));
  BITTENSOR_RETURN_IF_ERROR(made->neuron_->start());
  wait_for_peers(made->neuron_->metagraph(), options);
  return made;
}

absl::Status StandaloneNeuron::train(std::int64_t steps, torch::optim::Optimizer& optimizer,
                                     const MakeMiniBatch& make) {
  neuron_->begin_training();
  for (std::int64_t step = 0; step < steps; ++step) {
    if (StopSignal::requested()) return absl::CancelledError("stopped before training was done");
    neuron_->step(make, step, steps, optimizer);
  }
  return absl::OkStatus();
}

}  // namespace bittensor
