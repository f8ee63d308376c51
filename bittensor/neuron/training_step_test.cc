// SPDX-License-Identifier: MIT
#include "bittensor/neuron/training_step.h"

#include <cmath>

#include "gtest/gtest.h"
#include "torch/nn/modules/batchnorm.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/thread_executor.h"
#include "bittensor/neuron/neuron.h"
#include "bittensor/transport/in_process_transport.h"

namespace bittensor {
namespace {

using torch::Tensor;

constexpr std::int64_t kWidth = 4;
const Task kTask{"digits", 3};

// With statistics that training changes.
class Normed : public Synapse {
 public:
  Normed() : norm_(register_module("norm", torch::nn::BatchNorm1d(kWidth))) {}
  Schema schema() const override {
    Schema schema{Modality::kTensor, at::kFloat, {kWidth}, kWidth};
    schema.task = kTask;
    return schema;
  }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<Normed>(); }
  Tensor forward_tensor(const Tensor& inputs) override { return norm_(inputs); }
  Tensor predict(const Tensor& outputs) override { return outputs.narrow(1, 0, kTask.classes); }

  Tensor running_mean() const { return norm_->running_mean; }

 private:
  torch::nn::BatchNorm1d norm_;
};

// Two rows, the second of which is the first one's opposite: of mean 0.
class NormedBatch : public MiniBatch {
 public:
  // `looked` counts the lessons that were looked at.
  NormedBatch(Normed& synapse, int& looked) : synapse_(synapse), looked_(looked) {}

  std::int64_t size() const override { return labels_.size(0); }
  const Inputs& inputs() const override { return inputs_; }
  Tensor labels() const override { return labels_; }
  Tensor context() override { return context_ = synapse_.forward_tensor(inputs_.tensor); }
  SynapseOutput forward_local() override {
    output_.local_target = synapse_.predict(context_);
    output_.loss = output_.local_target_loss =
        torch::cross_entropy_loss(output_.local_target, labels_);
    return output_;
  }
  SynapseOutput forward_network(const NetworkView& network) override {
    output_.network_prediction = network.prediction;
    return output_;
  }
  Tensor lesson_loss(const std::vector<Lesson>& lessons) override {
    ++looked_;
    const Lesson& lesson = lessons.front();
    return torch::cross_entropy_loss(
        synapse_.predict(synapse_.forward_tensor(lesson.inputs.tensor)), lesson.labels);
  }
  void score(bool /*network*/, TestSums& /*sums*/) const override {}

 private:
  Normed& synapse_;
  int& looked_;
  const Inputs inputs_ =
      Inputs::of_tensor(torch::tensor({{1.0F, 2.0F, 3.0F, 4.0F}, {-1.0F, -2.0F, -3.0F, -4.0F}}));
  const Tensor labels_ = torch::tensor({0, 1});
  Tensor context_;
  SynapseOutput output_;
};

class EarnedStep : public ::testing::Test {
 protected:
  static Router::Options router_options() {
    Router::Options options;
    options.x_dim = options.network_dim = kWidth;
    return options;
  }
  static TrainingStep::Options step_options() {
    TrainingStep::Options options;
    options.learning.learn_from = LearnFrom::kEarned;
    return options;
  }

  // One step beside a lesson of `teacher` that is far from all that this neuron has seen. Whether
  // it was looked at.
  bool looks_at_lesson_of(const PublicKey& teacher) {
    give_lesson(teacher, torch::full({16, kWidth}, 1e6F), 0);
    train();
    return looked_ > 0;
  }

  void give_lesson(const PublicKey& teacher, const Tensor& inputs, std::int64_t label) {
    Lesson lesson;
    lesson.from = teacher;
    lesson.inputs = Inputs::of_tensor(inputs);
    lesson.labels = torch::full({inputs.size(0)}, label, torch::kLong);
    EXPECT_TRUE(axon_.lessons().add(std::move(lesson)));
  }

  void train() {
    torch::optim::SGD optimizer(parameters_of({&synapse_, &router_}), 0.1);
    step_.learn(step_.ask(std::make_unique<NormedBatch>(synapse_, looked_), 0), optimizer);
  }

  ThreadExecutor executor_{2};
  Switchboard board_{executor_};
  Wallet wallet_ = Wallet::create();
  std::unique_ptr<Transport> transport_ = board_.make_transport();
  Normed synapse_;
  Metagraph metagraph_{{}, *transport_, wallet_, executor_};
  Axon axon_{{}, *transport_, wallet_, executor_};
  Dendrite dendrite_{{}, *transport_, wallet_, executor_, nullptr};
  Router router_{router_options()};
  int looked_ = 0;
  TrainingStep step_{step_options(), {synapse_, router_, dendrite_, &metagraph_, &axon_, {}}};
};

TEST_F(EarnedStep, LessonsChangeNoStatistics) {
  const PublicKey teacher = Wallet::create().key();
  metagraph_.set_weights({{teacher, 1.0F}});
  EXPECT_TRUE(looks_at_lesson_of(teacher));
  EXPECT_TRUE(torch::allclose(synapse_.running_mean(), torch::zeros({kWidth})));
  EXPECT_TRUE(synapse_.is_training());
}

TEST_F(EarnedStep, LessonsOfOneWithoutWeightAreNotLookedAt) {
  metagraph_.set_weights({{Wallet::create().key(), 1.0F}});
  EXPECT_FALSE(looks_at_lesson_of(Wallet::create().key()));
}

TEST_F(EarnedStep, LessonsWithLabelsThatFitAreLearntAndOthersAreNot) {
  const PublicKey honest = Wallet::create().key();
  const PublicKey liar = Wallet::create().key();
  metagraph_.set_weights({{honest, 0.5F}, {liar, 0.5F}});
  const Tensor zero = torch::tensor({{9.0F, 0.0F, 0.0F, 0.0F}});  // of class 0, says the model
  give_lesson(honest, zero, 0);
  give_lesson(liar, zero, 1);
  for (int i = 0; i < 20; ++i) train();
  EXPECT_GT(step_.teachers().counts().at(honest).lessons, 0);
  EXPECT_EQ(step_.teachers().counts().at(liar).lessons, 0);
  EXPECT_GT(step_.teachers().counts().at(liar).lesson_loss, std::log(3));
}

TEST_F(EarnedStep, OnlyOneWithAWeightTeaches) {
  const PublicKey useful = Wallet::create().key();
  metagraph_.set_weights({{useful, 1.0F}});
  const Axon::Options options = axon_options_of({}, step_options().learning, metagraph_);
  EXPECT_TRUE(options.learns_from(useful));
  EXPECT_FALSE(options.learns_from(Wallet::create().key()));
}

TEST_F(EarnedStep, WhereNobodyAnswersTheNetworkIsTheNeuronAlone) {
  const torch::NoGradGuard no_grad;
  NormedBatch batch(synapse_, looked_);
  const SynapseOutput output = step_.look(batch).output;
  ASSERT_TRUE(output.network_prediction.defined());
  EXPECT_TRUE(torch::allclose(output.network_prediction, output.local_target.log_softmax(1)));
}

}  // namespace
}  // namespace bittensor
