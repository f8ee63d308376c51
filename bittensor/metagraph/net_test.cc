// SPDX-License-Identifier: MIT
//
// Metagraphs over sockets, with the clock of the wall.
#include <iostream>
#include <thread>

#include "gtest/gtest.h"

#include "bittensor/base/thread_executor.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/transport/grpc/grpc_transport.h"
#include "bittensor/transport/testing/held_port.h"

namespace bittensor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

struct Neuron {
  explicit Neuron(Metagraph::Options options)
      : metagraph(local(std::move(options)), transport, wallet, executor) {
    metagraph.subscribe({Modality::kTensor, at::kFloat, {4}, 8}, 8091);
  }
  ~Neuron() { metagraph.stop(); }

  static Metagraph::Options local(Metagraph::Options options) {
    if (options.listen_address == Metagraph::Options().listen_address)
      options.listen_address = "127.0.0.1:0";
    return options;
  }

  const Wallet wallet = Wallet::create();
  GrpcTransport transport;
  ThreadExecutor executor;
  Metagraph metagraph;
};

// How long it took until `done`, or `at_most`.
double wait_for(seconds at_most, const std::function<bool()>& done) {
  const auto begin = Clock::now();
  while (!done() && Clock::now() - begin < at_most) std::this_thread::sleep_for(milliseconds(5));
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

TEST(MetagraphNet, TwoFindEachOtherAndOneLeaves) {
  Neuron first({});
  ASSERT_TRUE(first.metagraph.start().ok());
  Metagraph::Options options;
  options.bootstrap = {first.metagraph.address()};
  Neuron second(options);
  ASSERT_TRUE(second.metagraph.start().ok());
  const double took = wait_for(
      seconds(10), [&] { return first.metagraph.size() == 1 && second.metagraph.size() == 1; });
  EXPECT_LT(took, 10);
  std::cout << "two found each other in " << took << " s\n";
  ASSERT_EQ(first.metagraph.get_synapses(1).at(0).key, second.wallet.key());

  second.metagraph.stop();
  EXPECT_LT(wait_for(seconds(10), [&] { return first.metagraph.size() == 0; }), 5);
}

TEST(MetagraphNet, ABootstrapThatComesLaterIsFound) {
  const HeldPort held;
  Metagraph::Options options;
  options.bootstrap = {held.address()};
  Neuron first(options);
  ASSERT_TRUE(first.metagraph.start().ok());
  wait_for(seconds(4), [] { return false; });
  options.listen_address = held.address();
  options.bootstrap.clear();
  Neuron late(options);
  ASSERT_EQ(late.metagraph.start(), absl::OkStatus());
  const double took = wait_for(seconds(20), [&] { return first.metagraph.size() == 1; });
  EXPECT_LT(took, 20);
  std::cout << "the late bootstrap was found in " << took << " s\n";
}

TEST(MetagraphNet, FiftyOnLoopbackKnowEachOther) {
  std::vector<std::unique_ptr<Neuron>> neurons;
  Metagraph::Options options;
  neurons.push_back(std::make_unique<Neuron>(options));
  const auto begin = Clock::now();
  ASSERT_TRUE(neurons[0]->metagraph.start().ok());
  options.bootstrap = {neurons[0]->metagraph.address()};
  for (int i = 1; i < 50; ++i) {
    neurons.push_back(std::make_unique<Neuron>(options));
    ASSERT_TRUE(neurons.back()->metagraph.start().ok());
  }
  wait_for(seconds(30), [&] {
    return std::all_of(neurons.begin(), neurons.end(),
                       [](const auto& neuron) { return neuron->metagraph.size() == 49; });
  });
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  std::cout << "fifty know each other after " << took << " s\n";
  EXPECT_LT(took, 30);  // 2 s on a machine with nothing else to do
}

}  // namespace
}  // namespace bittensor
