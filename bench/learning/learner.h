// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/learning/world.h"
#include "datasets/batches.h"
#include "synapses/image_classifier.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"

#include "bittensor/dendrite/dendrite.h"
#include "bittensor/neuron/training_step.h"

namespace bittensor::bench {

// The neuron that learns in an experiment, by the training step of all programs.
// Not thread-safe.
class Learner {
 public:
  struct Options {
    std::uint64_t seed = 1;
    double learning_rate = 0.03;
    double weight_decay = 0;
    bool asks_itself = false;  // its own served copy is one of those the router chooses from
    Duration timeout = std::chrono::seconds(1);
    Router::Options router;
  };

  // What one training step was about: n synapses.
  struct Step {
    SynapseOutput output;
    std::vector<SynapseRecord> synapses;
    std::vector<std::int64_t> asked;  // n: how many rows each was sent
    torch::Tensor score_shares;       // [n]
    torch::Tensor contributions;      // [n]
  };

  // What the network says about a batch, in evaluation mode.
  struct Opinion {
    Route route;
    std::vector<Answer> answers;
    torch::Tensor logits;  // [batch, classes]
  };

  Learner(World& world, const Options& options, std::shared_ptr<ImageClassifier> synapse);

  // Where others find it.
  std::string address() const { return neuron_.metagraph->address(); }
  // Blocks until so many others are known; ends the program if they do not come.
  void wait_for_peers(std::size_t count);

  // One training step; weights follow from contributions. `rate` scales the learning rate.
  Step step(const Batch& batch, double rate);

  Opinion ask(const Batch& batch);
  // In percent.
  double network_accuracy(const LabelledImages& test);
  // Each synapse's true worth on `batch`: by how much its loss rises without it, [n].
  torch::Tensor leave_one_out(const Batch& batch, const Opinion& opinion);

  // The sum of this neuron's weights of `peers`, as a share of all its weights.
  double weight_share(const std::vector<PublicKey>& peers) const;

  ImageClassifier& synapse() { return *synapse_; }
  const PublicKey& key() const { return neuron_.wallet.key(); }

 private:
  std::vector<SynapseRecord> candidates() const;
  double network_loss(const Batch& batch, const Route& route, const std::vector<Answer>& answers);
  std::unique_ptr<MiniBatch> mini_batch(const Batch& batch);

  const Options options_;
  const std::shared_ptr<ImageClassifier> synapse_;
  Peer neuron_;
  Dendrite dendrite_;
  Router router_;
  torch::optim::SGD optimizer_;
  std::unique_ptr<TrainingStep> training_;
  std::int64_t steps_ = 0;
};

}  // namespace bittensor::bench
