// SPDX-License-Identifier: MIT
//
// What the network's time costs: training steps a second of the MNIST neuron with eight peers in
// another process behind a slow link, over those with the same peers at 0 ms.
#include <algorithm>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "bench/peers.h"
#include "bench/timing.h"
#include "synapses/image_mini_batch.h"
#include "synapses/mnist/mnist_synapse.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bittensor/base/allocator.h"
#include "bittensor/base/check.h"
#include "bittensor/base/json_file.h"
#include "bittensor/base/logging.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/neuron/look_ahead.h"
#include "bittensor/neuron/training_step.h"
#include "bittensor/router/router.h"
#include "bittensor/transport/faulty_transport.h"
#include "bittensor/transport/grpc/grpc_transport.h"

namespace bittensor::bench {
namespace {

using std::chrono::milliseconds;
using torch::Tensor;

constexpr int kRounds = 5;
constexpr int kPeers = 8;
constexpr std::int64_t kBatch = 64;
constexpr int kLookAhead = 16;  // the default of --look_ahead

std::shared_ptr<Synapse> peer_synapse() {
  torch::manual_seed(7);  // The parent can make the same.
  return std::make_shared<MnistSynapse>();
}

// Takes connections and never says a word.
class SilentPeer {
 public:
  SilentPeer() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    BITTENSOR_CHECK(bind(socket_, any, size) == 0 && listen(socket_, 64) == 0 &&
                    getsockname(socket_, any, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentPeer() { close(socket_); }
  SilentPeer(const SilentPeer&) = delete;
  SilentPeer& operator=(const SilentPeer&) = delete;

  SynapseRecord record() const {
    return {Wallet::create().key(), "127.0.0.1:" + std::to_string(port_), MnistSynapse().schema()};
  }

 private:
  const int socket_;
  int port_ = 0;
};

// What is between the neuron and its peers.
struct Link {
  std::string name;
  int round_trip_ms = 0;
  double lost = 0;      // share of the calls that are never answered
  bool silent = false;  // one of the peers never answers, and is asked again each time
};

// A neuron that trains, with peers behind a link.
class FarNeuron {
 public:
  FarNeuron(const Link& link, std::vector<SynapseRecord> peers, int look_ahead)
      : peers_(std::move(peers)),
        transport_(std::make_unique<GrpcTransport>(), faults(link), /*seed=*/1, executor_),
        dendrite_(options(link), transport_, wallet_, executor_, nullptr),
        optimizer_(parameters_of({&synapse_, &router_}),
                   torch::optim::SGDOptions(0.01).momentum(0.9)),
        training_(TrainingStep::Options(), {synapse_, router_, dendrite_, /*metagraph=*/nullptr,
                                            /*axon=*/nullptr, [this] { return peers_; }}),
        ahead_(look_ahead, [this](std::int64_t step) {
          return training_.ask(make_image_mini_batch(synapse_, images_, labels_), step);
        }) {}

  void train(int steps) {
    for (int i = 0; i < steps; ++i, ++step_) {
      const auto result = training_.learn(ahead_.next(step_, step_ + 1000), optimizer_);
      for (const Answer& answer : result.answers) used_ += answer.status.ok() ? 1 : 0;
    }
  }

  // The share of all answers that came in time to be used.
  double used() const { return static_cast<double>(used_) / static_cast<double>(step_ * kPeers); }
  int depth() const { return ahead_.depth(); }
  bool looks_ahead() const { return depth() > 0; }

 private:
  static Faults faults(const Link& link) {
    Faults faults;
    faults.delay = std::chrono::microseconds(link.round_trip_ms * 500);
    faults.drop = link.lost;
    return faults;
  }
  static Dendrite::Options options(const Link& link) {
    Dendrite::Options options;
    if (link.silent) options.rest.longest = milliseconds(0);
    return options;
  }

  const std::vector<SynapseRecord> peers_;
  const Tensor images_ = torch::rand({kBatch, 1, 28, 28});
  const Tensor labels_ = torch::randint(10, {kBatch}, torch::kLong);
  ThreadExecutor executor_;
  FaultyTransport transport_;
  const Wallet wallet_ = Wallet::create();
  Dendrite dendrite_;
  MnistSynapse synapse_;
  Router router_;
  torch::optim::SGD optimizer_;
  TrainingStep training_;
  LookAhead<TrainingStep::Question> ahead_;
  std::int64_t step_ = 0;
  std::int64_t used_ = 0;
};

struct Condition {
  Link link;
  std::unique_ptr<FarNeuron> neuron;
  std::unique_ptr<FarNeuron> reference;  // the same at 0 ms
  Rounds rate;                           // steps a second
  Rounds ratio;                          // to the reference's, measured just before
};

double steps_per_second(FarNeuron& neuron, int warm_up, int steps) {
  neuron.train(warm_up);  // The look-ahead is as deep as it needs to be.
  return steps / seconds_of([&] { neuron.train(steps); });
}

// The peers' answers are those of their model.
void check_answers(const std::vector<SynapseRecord>& peers) {
  const auto model = peer_synapse();
  model->eval();
  ThreadExecutor executor;
  GrpcTransport transport;
  const Wallet wallet = Wallet::create();
  Dendrite dendrite({}, transport, wallet, executor, nullptr);
  const Tensor images = torch::rand({kBatch, 1, 28, 28});
  const std::vector<Tensor> requests(peers.size(), images);
  for (const Answer& answer : dendrite.forward_image(peers, requests)) {
    BITTENSOR_CHECK(answer.status.ok()) << answer.status;
    BITTENSOR_CHECK(torch::allclose(answer.output, model->forward_image(images), 1e-4, 1e-5));
  }
}

void run(const std::string& json) {
  const Peers processes(kPeers, peer_synapse);  // First: a process with threads must not fork.
  const SilentPeer silent;
  torch::set_num_threads(1);
  check_answers(processes.records());

  std::vector<Condition> conditions;
  const auto add = [&](const Link& link, int look_ahead) {
    std::vector<SynapseRecord> peers = processes.records();
    auto reference = std::make_unique<FarNeuron>(Link{}, peers, look_ahead);
    if (link.silent) peers.back() = silent.record();
    conditions.push_back(
        {link, std::make_unique<FarNeuron>(link, peers, look_ahead), std::move(reference), {}, {}});
  };
  for (const Link& link :
       {Link{"20ms_8peers", 20, 0, false}, Link{"100ms_8peers", 100, 0, false},
        Link{"300ms_8peers", 300, 0, false}, Link{"100ms_lost5", 100, 0.05, false},
        Link{"100ms_silent", 100, 0, true}}) {
    add(link, kLookAhead);
  }
  add(Link{"100ms_8peers_without", 100, 0, false}, 0);

  Rounds at_0ms;
  for (int round = 0; round < kRounds; ++round) {
    for (Condition& condition : conditions) {
      const bool ahead = condition.neuron->looks_ahead();
      const int steps = ahead ? 20 : 8;
      const double reference = steps_per_second(*condition.reference, steps, steps);
      const double rate = steps_per_second(*condition.neuron, steps, steps);
      if (ahead) at_0ms.values.push_back(reference);
      condition.rate.values.push_back(rate);
      condition.ratio.values.push_back(rate / reference);
    }
  }

  Results results;
  results.add("latency.steps_0ms_8peers", at_0ms, "steps/s");
  for (const Condition& condition : conditions) {
    const auto& [link, neuron, reference, rate, ratio] = condition;
    results.add("latency.steps_" + link.name, rate, "steps/s");
    results.add("latency.ratio_" + link.name, ratio, "of 0 ms");
    results.add("latency.answers_used_" + link.name, neuron->used(), "of all");
    if (neuron->looks_ahead()) {
      results.add("latency.look_ahead_" + link.name, neuron->depth(), "batches");
    }
    // Late answers are not waited for; a neuron that used none of them would be quick, too.
    const double expected = (1 - link.lost) * (link.silent ? 7.0 / kPeers : 1);
    BITTENSOR_CHECK(neuron->used() > 0.95 * expected)
        << link.name << ": " << neuron->used() << " of the answers were used";
  }
  if (json.empty()) return;
  const auto status = write_json(json, results.json());
  BITTENSOR_CHECK(status.ok()) << status;
}

}  // namespace
}  // namespace bittensor::bench

int main(int argc, char** argv) {
  bittensor::tune_allocator();
  CLI::App app("Training with peers behind a slow link; see docs/performance.md.");
  std::string json;
  app.add_option("--json", json, "write the medians to this file");
  CLI11_PARSE(app, argc, argv);
  // That a silent peer fails is what it is for.
  BITTENSOR_CHECK(bittensor::start_logging("error").ok());
  bittensor::bench::run(json);
  return 0;
}
