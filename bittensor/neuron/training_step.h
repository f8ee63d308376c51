// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "torch/optim/optimizer.h"

#include "bittensor/axon/axon.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/neuron/learning.h"
#include "bittensor/neuron/mini_batch.h"
#include "bittensor/neuron/teachers.h"
#include "bittensor/router/prediction.h"
#include "bittensor/router/router.h"
#include "bittensor/router/weight_average.h"
#include "bittensor/synapse/synapse.h"
#include "bittensor/watch/trace.h"
#include "bittensor/watch/watch.h"

namespace bittensor {

// The one training step of a neuron, in two halves, so that the questions of the batches to come
// travel while this one trains:
//
//   Question question = step.ask(std::move(batch), number);   // some steps before it trains
//   StepResult result = step.learn(std::move(question), optimizer);
//
// Not thread-safe: it belongs to the training thread. What it is given must outlive it.
class TrainingStep {
 public:
  // A lone neuron asks itself, in one step of so many: it hears nothing new, but stays able to
  // make use of a network that comes.
  static constexpr std::int64_t kAsksItselfEvery = 32;

  struct Options {
    std::size_t max_peers = 1000;   // known synapses that the router chooses from
    std::int64_t ask_interval = 1;  // peers are asked in one of so many steps
    double max_gradient_norm = 0;   // over all parameters; 0: gradients are not clipped
    bool weights_from_scores =
        false;  // what a peer is worth: its gate score, not what it is good for
    Learning learning;
    bool poison = false;  // for experiments: teaches the opposite of what is right
  };

  // What the step works with. Without an axon nobody teaches this neuron. Without a metagraph no
  // weights are kept, and `peers` says who is there, as it does beside one.
  struct Parts {
    Synapse& synapse;
    Router& router;
    Dendrite& dendrite;
    Metagraph* metagraph = nullptr;
    Axon* axon = nullptr;
    std::function<std::vector<SynapseRecord>()> peers = {};
    Watch* watch = nullptr;  // told what is waited for
    Trace* trace = nullptr;  // told how long each part takes
  };

  // A mini-batch, and what the network is asked about it.
  struct Question {
    std::unique_ptr<MiniBatch> batch;
    Route route;
    Dendrite::Pending pending;
  };

  // What a step was about: n synapses.
  struct Result {
    SynapseOutput output;
    std::vector<SynapseRecord> synapses;
    std::vector<Answer> answers;  // n
    Route route;
    at::Tensor weights;        // [n], as they are now
    at::Tensor shares;         // [n], what this batch says they are worth; undefined: nothing
    at::Tensor contributions;  // [n], to the loss (contribution.h); undefined: nobody answered
  };

  TrainingStep(Options options, Parts parts);

  // Sends the questions of a step and returns at once.
  Question ask(std::unique_ptr<MiniBatch> batch, std::int64_t step);

  // Waits for the answers as long as is usual, learns from them and from what others taught, and
  // gives others what they can learn from.
  Result learn(Question question, torch::optim::Optimizer& optimizer);

  // What the network says about a test batch, beside the local path; without gradients. The modules
  // must be in evaluation mode.
  Result look(MiniBatch& batch);
  // The same with answers that are there already. If nobody answered, the network's prediction is
  // the neuron's own (a synapse without a task has none).
  SynapseOutput hear(MiniBatch& batch, const Route& route, const std::vector<Answer>& answers);

  // Whether there is anybody but this neuron.
  bool alone() const;

  const Teachers& teachers() const { return teachers_; }

 private:
  std::vector<SynapseRecord> candidates(const Inputs& inputs) const;
  at::Tensor weights_of(const std::vector<SynapseRecord>& synapses) const;
  // Whether this step's questions teach those who are asked.
  bool teaches(std::int64_t step) const;
  std::vector<Dendrite::Extras> extras_for(const Route& route, const MiniBatch& batch,
                                           std::int64_t step) const;
  NetworkView view_of(const Route& route, const std::vector<Answer>& answers, MiniBatch& batch,
                      const SynapseOutput& local) const;
  // Both paths of a test batch, from what context() computed last.
  SynapseOutput joined(MiniBatch& batch, const Route& route,
                       const std::vector<Answer>& answers) const;
  void follow_losses(const SynapseOutput& output, const at::Tensor& labels);
  // What others teach in this step by lessons.
  struct Taught {
    std::vector<Lesson> lessons;
    at::Tensor loss;         // of the local path on them; undefined: nothing is learnt from them
    bool judged = false;     // by their labels, see Teachers::judge()
    double rows = 0;         // that they count as: fewer where they are believed in part
    double own_factor = 1;   // of the own batch's loss beside them
    double loss_factor = 1;  // and of theirs
  };
  Taught lessons_for(MiniBatch& batch);
  // Whether each teacher is judged by itself, its gradients apart from the own.
  bool apart() const { return options_.learning.learn_from == LearnFrom::kEarned; }
  // The weight of a peer's synapse relative to the mean of all that have one, at most 1; 0 without.
  std::function<double(const PublicKey& peer)> relative_weights() const;
  // Adds what others taught to the gradients: what they sent, and `taught`'s where it is not part
  // of the step's loss.
  void learn_from_others(const Taught& taught);
  void teach(const Question& question, const std::vector<Answer>& answers);
  void value_peers(Result& result, const at::Tensor& network_context, const at::Tensor& labels);

  const Options options_;
  const Parts parts_;
  const std::vector<at::Tensor> parameters_;  // of synapse and router
  WeightAverage weight_average_;
  Predictions predictions_;
  Teachers teachers_;
  double local_loss_ = 0;  // running means of steps that had both
  double network_loss_ = 0;
  std::int64_t compared_ = 0;  // steps in them
};

// The parameters of several modules, in order: what one optimizer trains.
std::vector<at::Tensor> parameters_of(const std::vector<torch::nn::Module*>& modules);

// Waits for the answers as long as is usual, or until their deadline; tells `watch`, unless it is
// null, whose are awaited.
std::vector<Answer> wait_for_answers(Dendrite::Pending& pending, Watch* watch, bool usual);

// Whether any peer gave a usable answer to a request with rows.
bool any_answer(const std::vector<Answer>& answers);

}  // namespace bittensor
