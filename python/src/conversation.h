// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "python/src/node.h"

#include "bittensor/axon/lessons.h"
#include "bittensor/neuron/training_step.h"
#include "bittensor/router/prediction.h"
#include "bittensor/router/router.h"
#include "bittensor/router/weight_average.h"
#include "bittensor/synapse/synapse.h"

namespace bittensor::python {

// What the network has to do with a training loop that is its user's own: the halves of
// TrainingStep around a loss and an optimizer that are Python's.
//
//   Question question = conversation.ask(inputs, labels, context);
//   at::Tensor network_context = conversation.hear(question);
//   ... a loss of it, backward() ...
//   conversation.learn();   // before the optimizer's step
//
// Not thread-safe: it belongs to the training thread. What it is given must outlive it.
class Conversation {
 public:
  // A batch under way.
  struct Question {
    TrainingStep::Question asked;
    bool heard = false;
  };

  Conversation(std::shared_ptr<Node> node, std::shared_ptr<Synapse> synapse,
               std::shared_ptr<Router> router);

  // Sends the questions of a batch and returns at once. `labels`: int64 [batch], which known peers
  // may learn from, or undefined. `context`: [batch, network_dim], what the router chooses by;
  // undefined where there is nothing to choose, see Router::chooses(). `in_turn`: the questions
  // are of a training loop's batches, of which only one in --ask_interval is asked about.
  std::unique_ptr<Question> ask(Inputs inputs, at::Tensor labels, at::Tensor context, bool in_turn);

  // Waits for the answers, and joins them: [batch, network_dim], text [batch, sequence,
  // network_dim] with `sequence` as in Router::join(). Undefined if nobody answered. `context`:
  // [batch, network_dim], by which the router says how much each answer counts; undefined: as it
  // said when the question left. In grad mode it waits as long as is usual, and the gradient that
  // comes to it is what learn() works with.
  at::Tensor hear(Question& question, const at::Tensor& context, std::int64_t sequence);

  // Of what was heard last: the router's wish, to be added to the loss. Undefined if nobody
  // answered.
  at::Tensor balance_loss() const;
  // And the network's prediction, log-probabilities [batch, classes], joined with the neuron's own
  // logits; undefined if nobody predicts.
  at::Tensor prediction(const at::Tensor& own);
  const std::vector<SynapseRecord>& synapses() const { return route_.synapses; }
  const std::vector<Answer>& answers() const { return answers_; }

  // What others taught with labels, for the model to compute its loss on: some rows of their
  // lessons, as many as the options say at most; none if there are none, or if who taught counts
  // for nothing yet.
  std::vector<Lesson> lessons();

  // After backward(): gives each peer the gradient of its answer, adds what others taught to the
  // gradients of the synapse, and lets the weights follow what each answer was worth. `lesson_loss`
  // is the mean loss of the rows that lessons() gave last, a scalar; undefined if none.
  void learn(const at::Tensor& lesson_loss);

 private:
  void teach();
  void learn_from_others(const at::Tensor& lesson_loss);
  bool judges_lessons() const;
  void add_judged(const at::Tensor& lesson_loss);
  // How much the mean loss of so many rows counts beside that of the own ones.
  double factor_of(double rows) const;
  // Of the synapse's parameters; undefined of those that do not learn.
  std::vector<at::Tensor> gradient_of(const at::Tensor& loss) const;
  void value_peers();

  const std::shared_ptr<Node> node_;
  const std::shared_ptr<Synapse> synapse_;
  const std::shared_ptr<Router> router_;
  TrainingStep step_;
  WeightAverage weight_average_;
  Predictions predictions_;

  std::int64_t asked_ = 0;
  PublicKey teacher_;             // of the lessons that were drawn last, if it is one
  std::int64_t taught_rows_ = 0;  // of them
  // Of what was heard last.
  Route route_;
  std::vector<Answer> answers_;
  Modality modality_ = Modality::kTensor;
  std::int64_t rows_heard_ = 0;
  at::Tensor weights_;          // [n]
  at::Tensor labels_;           // [batch]
  at::Tensor own_;              // [batch, classes]: what prediction() joined; may be undefined
  at::Tensor network_context_;  // with its gradient; undefined: nothing to learn from
};

}  // namespace bittensor::python
