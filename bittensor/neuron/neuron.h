// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "torch/optim/optimizer.h"

#include "bittensor/axon/axon.h"
#include "bittensor/base/executor.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/neuron/look_ahead.h"
#include "bittensor/neuron/mini_batch.h"
#include "bittensor/neuron/training_step.h"
#include "bittensor/neuron/watched_loss.h"
#include "bittensor/router/router.h"
#include "bittensor/synapse/synapse.h"
#include "bittensor/transport/transport.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

// What a neuron adds to its axon's options: callers that count more in `metagraph`, which must
// outlive the axon, are answered first; gradients and lessons are taken from those that the model
// may learn from.
Axon::Options axon_options_of(Axon::Options options, const Learning& learning,
                              const Metagraph& metagraph);

// A participant in the network: a model in training and all that connects it with others'.
//
//   Neuron neuron(options, transport, wallet, executor, model);
//   torch::optim::SGD optimizer(neuron.parameters(), 0.03);
//   BITTENSOR_RETURN_IF_ERROR(neuron.start());
//   for (std::int64_t i = 0; i < steps; ++i) neuron.step(make_batch, i, steps, optimizer);
//
// Its parts may be used by their names, as the steps of ARCHITECTURE.md do. Not thread-safe: it
// belongs to the training thread; what serves others runs beside it. What it is given must outlive
// it.
class Neuron {
 public:
  struct Options {
    Metagraph::Options metagraph;
    Axon::Options axon;
    Dendrite::Options dendrite;
    Router::Options router;
    TrainingStep::Options step;
    int look_ahead = 16;      // batches that are asked about before their turn, at most
    int serve_interval = 20;  // steps after which others get a fresh copy of the model; 0: never
    // Told how training goes and what is waited for, and how long the parts of a step take; must
    // outlive the neuron.
    Watch* watch = nullptr;
    Trace* trace = nullptr;
  };

  Neuron(Options options, Transport& transport, const Wallet& wallet, Executor& executor,
         std::shared_ptr<Synapse> synapse);
  // Tells the peers that it is leaving, and stops.
  ~Neuron();
  Neuron(const Neuron&) = delete;
  Neuron& operator=(const Neuron&) = delete;

  // Serves a copy of the synapse, or of `best`, and joins the network. Errors as Axon::start()'s
  // and Metagraph::start()'s.
  absl::Status start(const Synapse* best = nullptr);

  // To be called before the first step, and after a pause such as a test: brings synapse and router
  // into training mode and drops what was taught meanwhile, which would come all at once and late.
  void begin_training();

  // One training step, the `number`-th; batches of the steps before `end` are made and asked about
  // ahead. `make` gives the batch of a step, and must be the same in each call.
  TrainingStep::Result step(const MakeMiniBatch& make, std::int64_t number, std::int64_t end,
                            torch::optim::Optimizer& optimizer);

  // The local path of a test batch, and what the network says about it. The modules must be in
  // evaluation mode.
  void look_local(MiniBatch& batch);
  TrainingStep::Result look_network(MiniBatch& batch) { return step_.look(batch); }

  // What an optimizer trains: the synapse's and the router's.
  std::vector<at::Tensor> parameters();

  Synapse& synapse() { return *synapse_; }
  Metagraph& metagraph() { return metagraph_; }
  Axon& axon() { return axon_; }
  Dendrite& dendrite() { return dendrite_; }
  Router& router() { return router_; }
  const Teachers& teachers() const { return step_.teachers(); }

 private:
  const Options options_;
  Transport& transport_;
  const std::shared_ptr<Synapse> synapse_;
  Metagraph metagraph_;
  Axon axon_;
  Dendrite dendrite_;
  Router router_;
  TrainingStep step_;
  MakeMiniBatch make_;
  LookAhead<TrainingStep::Question> ahead_;
  WatchedLoss loss_;
};

}  // namespace bittensor
