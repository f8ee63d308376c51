// SPDX-License-Identifier: MIT
#include "bittensor/neuron/standalone_neuron.h"

#include <cerrno>  // program_invocation_short_name
#include <utility>

#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/neuron/join_chain.h"
#include "bittensor/neuron/neuron_display.h"
#include "bittensor/neuron/parts.h"

namespace bittensor {

absl::StatusOr<std::unique_ptr<StandaloneNeuron>> StandaloneNeuron::create(
    const NeuronOptions& options, std::shared_ptr<Synapse> synapse, const std::string& kind) {
  std::unique_ptr<StandaloneNeuron> made(new StandaloneNeuron());
  BITTENSOR_ASSIGN_OR_RETURN(
      NeuronStart start,
      start_neuron(options, kind.empty() ? program_invocation_short_name : kind, made->executor_));
  made->wallet_.emplace(std::move(start.wallet));
  made->lock_.emplace(std::move(start.lock));
  made->display_ = std::move(start.display);
  const Wallet& wallet = *made->wallet_;
  Watch& watch = made->watch();
  BITTENSOR_ASSIGN_OR_RETURN(made->transport_, make_transport(options, wallet, made->executor_));
  BITTENSOR_ASSIGN_OR_RETURN(made->chain_, join_chain(options, wallet, watch));
  Neuron::Options parts = neuron_options(options);
  parts.metagraph.chain = made->chain_.get();
  parts.watch = &watch;
  const std::string task = synapse->schema().task.name;
  made->neuron_ = std::make_unique<Neuron>(std::move(parts), *made->transport_, wallet,
                                           made->executor_, std::move(synapse));
  Neuron& neuron = *made->neuron_;
  made->display_->attach(neuron.metagraph(), neuron.axon(), neuron.dendrite());
  BITTENSOR_RETURN_IF_ERROR(neuron.start());
  made->display_->describe(task, axon_address(neuron.metagraph(), neuron.axon()));
  watch.set_phase(Watch::Phase::kWaiting);
  wait_for_peers(neuron.metagraph(), options, &watch);
  watch.set_phase(Watch::Phase::kStarting);  // The data may be fetched now.
  return made;
}

StandaloneNeuron::~StandaloneNeuron() {
  if (display_ != nullptr) display_->detach();
}

Watch& StandaloneNeuron::watch() {
  return display_->watch();
}

absl::Status StandaloneNeuron::train(std::int64_t steps, torch::optim::Optimizer& optimizer,
                                     const MakeMiniBatch& make) {
  watch().begin_epoch(1, 1, steps);
  neuron_->begin_training();
  for (std::int64_t step = 0; step < steps; ++step) {
    if (StopSignal::requested()) return absl::CancelledError("stopped before training was done");
    neuron_->step(make, step, steps, optimizer);
  }
  watch().set_phase(Watch::Phase::kEnded);
  return absl::OkStatus();
}

}  // namespace bittensor
