// SPDX-License-Identifier: MIT
#include "bittensor/neuron/neuron.h"

#include <utility>

#include "torch/optim/optimizer.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/failure_text.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

Dendrite::Options dendrite_options(Dendrite::Options options, const Synapse& synapse,
                                   Trace* trace) {
  options.calls.task = synapse.schema().task;
  if (trace != nullptr) {
    options.on_call = [trace](const SynapseRecord& peer, const char* what, TimePoint sent,
                              TimePoint ended, const absl::Status& status) {
      trace->add_call(peer.key.short_hex(), what, sent, ended, failure_text(status));
    };
  }
  return options;
}

}  // namespace

Axon::Options axon_options_of(Axon::Options options, const Learning& learning,
                              const Metagraph& metagraph) {
  if (!options.priority) {
    options.priority = [&metagraph](const PublicKey& caller) {
      return metagraph.get_weight(caller);
    };
  }
  options.one_teacher = learning.learn_from == LearnFrom::kKnown;
  switch (learning.learn_from) {
    case LearnFrom::kOff:
      break;
    case LearnFrom::kKnown:
      options.learns_from = [known = learning.known](const PublicKey& caller) {
        return known.count(caller) > 0;
      };
      break;
    case LearnFrom::kEarned:
      // One without a weight would count for nothing: computing its gradients is left out.
      options.learns_from = [&metagraph](const PublicKey& caller) {
        return metagraph.get_weight(caller) > 0;
      };
      break;
  }
  return options;
}

Neuron::Neuron(Options options, Transport& transport, const Wallet& wallet, Executor& executor,
               std::shared_ptr<Synapse> synapse)
    : options_(std::move(options)),
      transport_(transport),
      synapse_(std::move(synapse)),
      metagraph_(options_.metagraph, transport, wallet, executor),
      axon_(axon_options_of(options_.axon, options_.step.learning, metagraph_), transport, wallet,
            executor),
      dendrite_(dendrite_options(options_.dendrite, *synapse_, options_.trace), transport, wallet,
                executor, [this] { return axon_.served(); }),
      router_(options_.router),
      step_(
          options_.step,
          {*synapse_, router_, dendrite_, &metagraph_, &axon_, {}, options_.watch, options_.trace}),
      ahead_(options_.look_ahead,
             [this](std::int64_t step) { return step_.ask(make_(step), step); }) {
  const std::vector<at::Tensor> parameters = synapse_->parameters();
  if (!parameters.empty()) router_.to(parameters.front().device());
}

// The dendrite would wait for its calls until their deadline: they are cut off first.
Neuron::~Neuron() {
  metagraph_.stop();
  transport_.close();
}

absl::Status Neuron::start(const Synapse* best) {
  axon_.serve(best != nullptr ? *best : *synapse_);
  BITTENSOR_RETURN_IF_ERROR(axon_.start());
  metagraph_.subscribe(synapse_->schema(), axon_.port());
  return metagraph_.start();
}

void Neuron::begin_training() {
  synapse_->train();
  router_.train();
  axon_.take_gradients();
}

TrainingStep::Result Neuron::step(const MakeMiniBatch& make, std::int64_t number, std::int64_t end,
                                  torch::optim::Optimizer& optimizer) {
  make_ = make;
  if (options_.watch != nullptr) options_.watch->set_phase(Watch::Phase::kTraining);
  TrainingStep::Question question = ahead_.next(number, end);
  const std::int64_t samples = question.batch->size();
  TrainingStep::Result result = step_.learn(std::move(question), optimizer);
  if (options_.watch != nullptr) {
    loss_.step_done(*options_.watch, result.output, number + 1, samples);
  }
  if (options_.serve_interval > 0 && (number + 1) % options_.serve_interval == 0) {
    axon_.serve(*synapse_);
  }
  return result;
}

void Neuron::look_local(MiniBatch& batch) {
  const torch::NoGradGuard no_grad;
  batch.context();
  batch.forward_local();
}

std::vector<at::Tensor> Neuron::parameters() {
  return parameters_of({synapse_.get(), &router_});
}

}  // namespace bittensor
