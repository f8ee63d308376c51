// SPDX-License-Identifier: MIT
//
// Axon and dendrite together: what neurons teach each other.
#include <thread>

#include "gtest/gtest.h"
#include "torch/nn/modules/linear.h"
#include "torch/types.h"

#include "bittensor/axon/axon.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/transport/in_process_transport.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;
using torch::Tensor;

constexpr std::int64_t kWidth = 4;
const Task kTask{"digits", 3};

// Of numbers, or of the lengths of texts; predicts what its head makes of the answer.
class Teachable : public Synapse {
 public:
  explicit Teachable(Modality modality)
      : modality_(modality),
        linear_(register_module("linear", torch::nn::Linear(2, kWidth))),
        head_(register_module("head", torch::nn::Linear(kWidth, kTask.classes))) {}
  Schema schema() const override {
    Schema schema{modality_, at::kFloat, {2}, kWidth};
    schema.task = kTask;
    return schema;
  }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<Teachable>(modality_); }
  Tensor forward_tensor(const Tensor& inputs) override { return linear_(inputs); }
  Tensor forward_text(const std::vector<std::string>& inputs) override {
    std::vector<float> lengths;
    for (const std::string& text : inputs) {
      lengths.insert(lengths.end(), {static_cast<float>(text.size()), 1.0F});
    }
    const Tensor rows = torch::tensor(lengths).view({-1, 1, 2});
    return linear_(rows);  // [batch, 1, kWidth]
  }
  // Of text, what its first position says.
  Tensor predict(const Tensor& outputs) override {
    return head_(outputs.dim() == 3 ? outputs.select(1, 0) : outputs);
  }

 private:
  const Modality modality_;
  torch::nn::Linear linear_;
  torch::nn::Linear head_;
};

class Teaching : public ::testing::Test {
 protected:
  struct Pupil {
    Pupil(Teaching& network, Axon::Options options, Modality modality = Modality::kTensor)
        : synapse(std::make_shared<Teachable>(modality)),
          transport(network.board_.make_transport()),
          axon(std::move(options), *transport, wallet, network.executor_) {
      axon.serve(*synapse);
      EXPECT_TRUE(axon.start().ok());
    }
    SynapseRecord record() const {
      return {wallet.key(), "0.0.0.0:" + std::to_string(axon.port()), synapse->schema()};
    }

    Wallet wallet = Wallet::create();
    std::shared_ptr<Teachable> synapse;
    std::unique_ptr<Transport> transport;
    Axon axon;
  };

  static Axon::Options learning() {
    Axon::Options options;
    options.learns_from = [](const PublicKey&) { return true; };
    return options;
  }

  static Dendrite::Options dendrite_options() {
    Dendrite::Options options;
    options.timeout = 2s;
    options.calls.network_dim = kWidth;
    options.calls.task = kTask;
    return options;
  }

  Answer ask(const Pupil& pupil, Inputs inputs, Dendrite::Extras extras) {
    return dendrite_.forward_async({pupil.record()}, {std::move(inputs)}, {std::move(extras)})
        .wait()
        .front();
  }

  // Blocks until so many gradients were answered, for good or bad.
  void wait_for_thanks(std::uint64_t count) {
    const auto give_up = std::chrono::steady_clock::now() + 5s;
    while (std::chrono::steady_clock::now() < give_up) {
      const Dendrite::Stats stats = dendrite_.stats();
      if (stats.gradients_given + stats.gradients_refused >= count) return;
      std::this_thread::yield();
    }
    ADD_FAILURE() << "no answer to a gradient";
  }

  ThreadExecutor executor_{2};
  Switchboard board_{executor_};
  Wallet wallet_ = Wallet::create();
  std::unique_ptr<Transport> transport_ = board_.make_transport();
  Dendrite dendrite_{dendrite_options(), *transport_, wallet_, executor_, nullptr};
};

TEST_F(Teaching, AnswersToOneOfTheSameTaskCarryThePrediction) {
  const Pupil pupil(*this, {});
  const Tensor x = torch::rand({5, 2});
  const Answer answer = ask(pupil, Inputs::of_tensor(x), {});
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_TRUE(
      torch::allclose(answer.prediction, pupil.synapse->predict(pupil.synapse->forward_tensor(x))));
}

TEST_F(Teaching, OfAnotherTaskCarryNone) {
  const Pupil pupil(*this, {});
  SynapseRecord other = pupil.record();
  other.schema.task.name = "letters";  // says its record; so nobody asks for digits
  const auto answers = dendrite_.forward_tensor({other}, {torch::rand({5, 2})});
  ASSERT_TRUE(answers[0].status.ok());
  EXPECT_FALSE(answers[0].prediction.defined());
}

TEST_F(Teaching, TheGradientOfAnAnswerIsThatOfLocalTraining) {
  Pupil pupil(*this, learning());
  const Tensor x = torch::rand({5, 2});
  const Tensor gradient = torch::rand({5, kWidth});
  const Answer answer = ask(pupil, Inputs::of_tensor(x), {/*keep=*/true, {}});
  dendrite_.teach(pupil.record(), Modality::kTensor, answer.call_id, gradient);
  ASSERT_TRUE(pupil.axon.wait_for_gradients(5s));
  const auto taught = pupil.axon.take_gradients();
  ASSERT_EQ(taught.size(), 1U);
  EXPECT_EQ(taught[0].from, wallet_.key());

  (pupil.synapse->forward_tensor(x) * gradient).sum().backward();
  EXPECT_TRUE(torch::allclose(taught[0].sum[0], pupil.synapse->parameters()[0].grad()));
}

TEST_F(Teaching, TextIsTaughtToo) {
  Pupil pupil(*this, learning(), Modality::kText);
  const Answer answer = ask(pupil, Inputs::of_text({"a", "bc"}), {/*keep=*/true, {}});
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  dendrite_.teach(pupil.record(), Modality::kText, answer.call_id, torch::ones({2, 1, kWidth}));
  EXPECT_TRUE(pupil.axon.wait_for_gradients(5s));
}

TEST_F(Teaching, GradientsComeAfterTheModelChangedAndAreOfTheCopyThatAnswered) {
  Pupil pupil(*this, learning());
  const Tensor x = torch::rand({5, 2});
  const Answer answer = ask(pupil, Inputs::of_tensor(x), {/*keep=*/true, {}});
  pupil.axon.serve(*std::make_shared<Teachable>(Modality::kTensor));
  dendrite_.teach(pupil.record(), Modality::kTensor, answer.call_id, torch::ones({5, kWidth}));
  EXPECT_TRUE(pupil.axon.wait_for_gradients(5s));
}

TEST_F(Teaching, OneThatLearnsFromNobodyComputesNothingAndIsNotTaughtAgain) {
  Pupil pupil(*this, {});
  const Answer answer = ask(pupil, Inputs::of_tensor(torch::rand({5, 2})), {/*keep=*/true, {}});
  dendrite_.teach(pupil.record(), Modality::kTensor, answer.call_id, torch::ones({5, kWidth}));
  wait_for_thanks(1);
  EXPECT_EQ(dendrite_.stats().gradients_refused, 1U);
  EXPECT_FALSE(dendrite_.learns(pupil.wallet.key()));
  EXPECT_FALSE(pupil.axon.wait_for_gradients(0s));
}

TEST_F(Teaching, AnAnswerWhoseInputsAreGoneIsRefusedNotGuessed) {
  Pupil pupil(*this, learning());
  dendrite_.teach(pupil.record(), Modality::kTensor, /*call_id=*/12345, torch::ones({5, kWidth}));
  wait_for_thanks(1);
  EXPECT_EQ(dendrite_.stats().gradients_refused, 1U);
  EXPECT_TRUE(dendrite_.learns(pupil.wallet.key()));  // The next may be in time.
}

TEST_F(Teaching, APeerThatTakesTheGradientsForWrongIsNotTaughtAgain) {
  Pupil pupil(*this, learning());
  const Answer answer = ask(pupil, Inputs::of_tensor(torch::rand({5, 2})), {/*keep=*/true, {}});
  dendrite_.teach(pupil.record(), Modality::kTensor, answer.call_id, torch::ones({5, kWidth + 1}));
  wait_for_thanks(1);
  EXPECT_EQ(dendrite_.stats().gradients_refused, 1U);
  EXPECT_FALSE(dendrite_.learns(pupil.wallet.key()));
}

TEST_F(Teaching, ALessonIsKeptByOneThatLearnsFromTheTeacher) {
  Pupil pupil(*this, learning());
  const Tensor x = torch::rand({3, 2});
  ask(pupil, Inputs::of_tensor(x), {false, {torch::tensor({2, 0, 1}), {}}});
  EXPECT_EQ(dendrite_.stats().lessons_given, 1U);
  const auto lessons = pupil.axon.lessons().draw(3, false);
  ASSERT_EQ(lessons.size(), 1U);
  EXPECT_EQ(lessons[0].from, wallet_.key());
  EXPECT_EQ(lessons[0].rows(), 3);
}

TEST_F(Teaching, ALessonIsNotKeptByOneThatLearnsFromNobody) {
  Pupil pupil(*this, {});
  const Answer answer =
      ask(pupil, Inputs::of_tensor(torch::rand({3, 2})), {false, {torch::tensor({2, 0, 1}), {}}});
  EXPECT_TRUE(answer.status.ok());  // The question is answered all the same.
  EXPECT_EQ(dendrite_.stats().lessons_given, 0U);
  EXPECT_EQ(pupil.axon.lessons().size(), 0U);
}

TEST_F(Teaching, ALessonOfAnotherFormIsNotKeptAndTheQuestionIsAnswered) {
  Pupil pupil(*this, learning());
  for (const Tensor& labels :
       {torch::tensor({1, 2}), torch::rand({3}), torch::zeros({3, 1}, torch::kLong)}) {
    EXPECT_TRUE(
        ask(pupil, Inputs::of_tensor(torch::rand({3, 2})), {false, {labels, {}}}).status.ok());
  }
  EXPECT_EQ(pupil.axon.lessons().size(), 0U);
}

TEST_F(Teaching, OfALessonOnlyTheRowsWithALabelAreKept) {
  Pupil pupil(*this, learning());
  const Tensor x = torch::rand({3, 2});
  ask(pupil, Inputs::of_tensor(x), {false, {torch::full({3}, -100, torch::kLong), {}}});
  EXPECT_EQ(pupil.axon.lessons().size(), 0U);
  ask(pupil, Inputs::of_tensor(x), {false, {torch::tensor({-100, 2, -1}), {}}});
  const auto lessons = pupil.axon.lessons().draw(4, false);
  ASSERT_EQ(lessons.size(), 4U);  // Each of the one row that there is.
  EXPECT_TRUE(torch::equal(lessons[0].inputs.tensor, x.narrow(0, 1, 1)));
  EXPECT_EQ(lessons[0].labels.item<std::int64_t>(), 2);
}

TEST_F(Teaching, ALessonOfTextCarriesItsTexts) {
  Pupil pupil(*this, learning(), Modality::kText);
  ask(pupil, Inputs::of_text({"a [MASK]"}), {false, {torch::tensor({1}), {"a b"}}});
  const auto lessons = pupil.axon.lessons().draw(1, false);
  ASSERT_EQ(lessons.size(), 1U);
  EXPECT_EQ(lessons[0].texts, std::vector<std::string>{"a b"});
}

}  // namespace
}  // namespace bittensor
