// SPDX-License-Identifier: MIT
//
// Each named fault against each thing that neurons ask of each other: the call ends by its
// deadline, what comes of it is right or nothing, and when the fault ends so does its effect.
#include "gtest/gtest.h"
#include "torch/torch.h"

#include "bittensor/axon/axon.h"
#include "bittensor/base/manual_executor.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/transport/faulty_transport.h"
#include "bittensor/transport/in_process_transport.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kDim = 4;
constexpr Duration kTimeout = 100ms;
constexpr Duration kSlack = 5s;  // for a machine that does much else

class Doubler : public Synapse {
 public:
  Schema schema() const override { return {Modality::kTensor, at::kFloat, {kDim}, kDim}; }
  torch::Tensor forward_tensor(const torch::Tensor& inputs) override { return 2 * inputs; }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<Doubler>(); }
};

Dendrite::Options dendrite_options() {
  Dendrite::Options options;
  options.timeout = kTimeout;
  options.calls.network_dim = kDim;
  options.rest.first = options.rest.longest = Duration::zero();  // Not what is tested here.
  return options;
}

class Fault : public ::testing::TestWithParam<const char*> {
 protected:
  Fault() {
    axon_.serve(Doubler());
    EXPECT_TRUE(axon_.start().ok());
    const auto faults = parse_faults(std::string("transport.") + GetParam());
    EXPECT_TRUE(faults.ok()) << faults.status();
    transport_.set_faults(*faults);
  }

  SynapseRecord peer() const {
    return {peer_wallet_.key(), "0.0.0.0:" + std::to_string(axon_.port()), Doubler().schema()};
  }

  // Whether the peer's answer was there; if not, there were zeros in its place.
  bool ask(const torch::Tensor& inputs) {
    const TimePoint start = executor_.now();
    answer_ = dendrite_.forward_tensor({peer()}, {inputs}).front();
    EXPECT_LT(executor_.now() - start, kTimeout + kSlack);
    const torch::Tensor expected =
        answer_.status.ok() ? 2 * inputs.detach() : torch::zeros_like(inputs);
    EXPECT_TRUE(torch::equal(answer_.output.detach(), expected)) << answer_.status;
    return answer_.status.ok();
  }

  // Whether the peer answers: a busy machine may be late a few times.
  bool answers(const torch::Tensor& inputs) {
    for (int tries = 0; tries < 20; ++tries) {
      if (ask(inputs)) return true;
    }
    return false;
  }

  ThreadExecutor executor_{2};
  Switchboard board_{executor_};
  const Wallet peer_wallet_ = Wallet::create();
  const Wallet wallet_ = Wallet::create();
  const std::unique_ptr<Transport> peer_transport_ = board_.make_transport();
  FaultyTransport transport_{board_.make_transport(), Faults(), /*seed=*/1, executor_};
  Axon axon_{{}, *peer_transport_, peer_wallet_, executor_};
  Dendrite dendrite_{dendrite_options(), transport_, wallet_, executor_, nullptr};
  Answer answer_;
};

TEST_P(Fault, ForwardEndsAndRecovers) {
  for (int i = 0; i < 3; ++i) ask(torch::rand({2, kDim}));
  transport_.set_faults({});
  EXPECT_TRUE(answers(torch::rand({2, kDim}))) << answer_.status;
}

TEST_P(Fault, BackwardEndsAndRecovers) {
  const torch::Tensor inputs = torch::rand({2, kDim}).requires_grad_();
  const auto faults = *parse_faults(std::string("transport.") + GetParam());
  for (const bool recovered : {false, true}) {
    inputs.mutable_grad() = torch::Tensor();
    transport_.set_faults({});
    ASSERT_TRUE(answers(inputs)) << answer_.status;
    transport_.set_faults(recovered ? Faults() : faults);
    const TimePoint start = executor_.now();
    answer_.output.sum().backward();
    EXPECT_LT(executor_.now() - start, kTimeout + kSlack);
    const torch::Tensor gradient = inputs.grad();
    const bool right = gradient.defined() && torch::equal(gradient, torch::full({2, kDim}, 2.0));
    const bool nothing = !gradient.defined() || gradient.abs().sum().item<float>() == 0;
    EXPECT_TRUE(right || nothing) << gradient;
    EXPECT_TRUE(right || !recovered) << gradient;
  }
}

// Gossip, with a clock of its own: what takes seconds takes none here.
TEST_P(Fault, GossipSurvivesAndRecovers) {
  ManualExecutor executor;
  Switchboard board(executor);
  const auto first_transport = board.make_transport();
  FaultyTransport second_transport(board.make_transport(), Faults(), /*seed=*/1, executor);
  Metagraph::Options options;
  options.listen_address = "127.0.0.1:0";
  options.farewell = Duration::zero();
  Metagraph first(options, *first_transport, peer_wallet_, executor);
  first.subscribe(Doubler().schema(), 1);
  ASSERT_TRUE(first.start().ok());
  options.bootstrap = {first.address()};
  Metagraph second(options, second_transport, wallet_, executor);
  second.subscribe(Doubler().schema(), 2);
  ASSERT_TRUE(second.start().ok());

  second_transport.set_faults(*parse_faults(std::string("transport.") + GetParam()));
  executor.advance(30s);
  second_transport.set_faults({});
  executor.advance(20s);
  EXPECT_EQ(first.proven(), 1u);
  EXPECT_EQ(second.proven(), 1u);
  second.stop();
  first.stop();
  executor.advance(5s);
}

INSTANTIATE_TEST_SUITE_P(Each, Fault,
                         ::testing::Values("delay=10ms", "delay=300ms", "jitter=20ms", "silent=1",
                                           "refuse=1", "drop=1", "half_open=1", "cut=1",
                                           "corrupt=1", "duplicate=1", "reorder=1"));

}  // namespace
}  // namespace bittensor
