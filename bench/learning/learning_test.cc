// SPDX-License-Identifier: MIT
//
// The first and the third experiment in small, on the images that are committed.
#include "bench/learning/data.h"
#include "bench/learning/learner.h"
#include "bench/learning/odd_synapses.h"
#include "datasets/mnist/mnist.h"
#include "gtest/gtest.h"

#include "bittensor/neuron/training.h"

namespace bittensor::bench {
namespace {

constexpr std::uint64_t kSeed = 1;

// A model that learnt from all thousand images, and what is needed to ask it.
class Learning : public ::testing::Test {
 protected:
  void SetUp() override {
    torch::set_num_threads(1);
    auto mnist = load_mnist("tests/data/mnist");
    ASSERT_TRUE(mnist.ok()) << mnist.status();
    mnist_ = *std::move(mnist);
    good_ = train_plainly(mnist_.train, 160, kSeed + 1);
  }

  Learner::Options options() {
    torch::manual_seed(kSeed);
    Learner::Options options;
    options.seed = kSeed;
    options.timeout = std::chrono::seconds(20);
    return options;
  }

  void add(World& world, Learner& learner, const std::string& name, const Synapse& synapse) {
    neurons_.push_back(std::make_unique<Peer>(world, name, kSeed));
    neurons_.back()->join(synapse, learner.address());
    learner.wait_for_peers(neurons_.size());
  }

  Mnist mnist_;
  std::shared_ptr<MnistSynapse> good_;
  World world_{/*fast=*/true};
  std::vector<std::unique_ptr<Peer>> neurons_;
};

TEST_F(Learning, FewLabelsAndAGoodPeerMakeAGoodStudent) {
  constexpr std::int64_t kSteps = 150;
  const FewAndRest data = few_of_each_class(mnist_.train, /*per_class=*/4, kSeed);
  const double alone = local_accuracy(*train_plainly(data.few, kSteps, kSeed), mnist_.test);
  Learner learner(world_, options(), std::make_shared<MnistSynapse>());
  add(world_, learner, "good", *good_);
  Batches few = train_batches(data.few, 16, kSeed);
  Batches rest = train_batches(unlabelled(data.rest), 48, kSeed);
  for (std::int64_t step = 0; step < kSteps; ++step) {
    learner.step(joined(few.at(step), rest.at(step)), learning_rate_at(1, step, kSteps));
  }
  const double local = local_accuracy(learner.synapse(), mnist_.test);
  const double network = learner.network_accuracy(mnist_.test);
  RecordProperty("alone", std::to_string(alone));
  RecordProperty("local", std::to_string(local));
  RecordProperty("network", std::to_string(network));
  EXPECT_GT(local, alone + 5) << alone;
  EXPECT_GT(network, alone + 5) << alone;
}

// The learner's images are new to the peers: what a peer has learnt by heart says nothing about it.
TEST_F(Learning, PeersThatAreNoHelpLoseTheirWeight) {
  constexpr std::int64_t kSteps = 100;
  Learner learner(world_, options(), std::make_shared<MnistSynapse>());
  add(world_, learner, "good", *good_);
  add(world_, learner, "another good one", *train_plainly(mnist_.train, 160, kSeed + 2));
  const std::vector<PublicKey> good = {neurons_[0]->wallet.key(), neurons_[1]->wallet.key()};
  add(world_, learner, "random", MnistSynapse());
  add(world_, learner, "noise", NoiseSynapse());
  add(world_, learner, "constant", ConstantSynapse());
  Batches train = train_batches(mnist_.test, 32, kSeed);
  for (std::int64_t step = 0; step < kSteps; ++step) {
    learner.step(train.at(step), learning_rate_at(1, step, kSteps));
  }
  EXPECT_GT(learner.weight_share(good), 0.7);  // 0.4 of equals
}

}  // namespace
}  // namespace bittensor::bench
