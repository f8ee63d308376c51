// SPDX-License-Identifier: MIT
//
// Each named fault against each thing that neurons ask of each other: the call ends by its
// deadline, what comes of it is right or nothing, and when the fault ends so does its effect.
#include <thread>

#include "gtest/gtest.h"
#include "torch/types.h"

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

// A fault, and by what a test knows that it was there.
struct Case {
  const char* fault;
  bool fails = false;     // no answer
  bool isolates = false;  // nothing arrives either
  Duration later{};       // of three answers together, at least
};

void PrintTo(const Case& of, std::ostream* out) {
  *out << of.fault;
}

// A neuron that asks another through a transport whose calls can fail.
class FaultyNetwork : public ::testing::Test {
 protected:
  FaultyNetwork() {
    axon_.serve(Doubler());
    EXPECT_TRUE(axon_.start().ok());
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

class Fault : public FaultyNetwork, public ::testing::WithParamInterface<Case> {
 protected:
  Fault() { transport_.set_faults(faults()); }

  static Faults faults() {
    const auto faults = parse_faults(std::string("transport.") + GetParam().fault);
    EXPECT_TRUE(faults.ok()) << faults.status();
    return *faults;
  }
};

TEST_P(Fault, ForwardEndsAndRecovers) {
  const TimePoint start = executor_.now();
  for (int i = 0; i < 3; ++i) {
    const bool answered = ask(torch::rand({2, kDim}));
    EXPECT_FALSE(answered && GetParam().fails);
  }
  EXPECT_GE(executor_.now() - start, GetParam().later);
  if (GetParam().fails) {
    EXPECT_EQ(dendrite_.stats().failed, 3u);
  }
  transport_.set_faults({});
  EXPECT_TRUE(answers(torch::rand({2, kDim}))) << answer_.status;
}

TEST_P(Fault, BackwardEndsAndRecovers) {
  const torch::Tensor inputs = torch::rand({2, kDim}).requires_grad_();
  for (const bool recovered : {false, true}) {
    inputs.mutable_grad() = torch::Tensor();
    transport_.set_faults({});
    ASSERT_TRUE(answers(inputs)) << answer_.status;
    transport_.set_faults(recovered ? Faults() : faults());
    const TimePoint start = executor_.now();
    answer_.output.sum().backward();
    EXPECT_LT(executor_.now() - start, kTimeout + kSlack);
    const torch::Tensor gradient = inputs.grad();
    const bool right = gradient.defined() && torch::equal(gradient, torch::full({2, kDim}, 2.0));
    const bool nothing = !gradient.defined() || gradient.abs().sum().item<float>() == 0;
    EXPECT_TRUE(right || nothing) << gradient;
    EXPECT_TRUE(nothing || recovered || !GetParam().fails) << gradient;
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

  second_transport.set_faults(faults());
  executor.advance(30s);
  if (GetParam().isolates) {
    EXPECT_EQ(first.size() + second.size(), 0u);
  }
  second_transport.set_faults({});
  executor.advance(20s);
  EXPECT_EQ(first.proven(), 1u);
  EXPECT_EQ(second.proven(), 1u);
  second.stop();
  first.stop();
  executor.advance(5s);
}

// Of two requests that are the same the axon answers one.
TEST_F(FaultyNetwork, RequestThatArrivesTwiceIsAnsweredOnce) {
  transport_.set_faults(*parse_faults("transport.duplicate=1"));
  ask(torch::rand({2, kDim}));
  const auto seen = [this] { return axon_.stats().answered + axon_.stats().refused; };
  const TimePoint start = executor_.now();
  while (seen() < 2 && executor_.now() - start < kSlack) std::this_thread::yield();
  EXPECT_EQ(axon_.stats().answered, 1u);
  EXPECT_EQ(axon_.stats().refused, 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Each, Fault,
    ::testing::Values(Case{"delay=10ms", false, false, 60ms}, Case{"delay=300ms", true},
                      Case{"jitter=20ms", false, false, 1ms}, Case{"silent=1", true, true},
                      Case{"refuse=1", true, true}, Case{"drop=1", true, true},
                      Case{"half_open=1", true}, Case{"cut=1", true, true}, Case{"corrupt=1", true},
                      Case{"duplicate=1"}, Case{"reorder=1", false, false, 150ms}));

}  // namespace
}  // namespace bittensor
