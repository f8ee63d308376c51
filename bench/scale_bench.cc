// SPDX-License-Identifier: MIT
//
// How cost grows: a training step with more peers known, a larger model served, larger batches
// asked about, more records known. Two processes on loopback, one thread and one core each, every
// message proved and checked.
#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/client.h"
#include "bench/peers.h"
#include "bench/timing.h"
#include "synapses/image_mini_batch.h"
#include "synapses/mnist/mnist_synapse.h"
#include "torch/nn/modules/linear.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"
#include <sys/wait.h>
#include <unistd.h>

#include "bittensor/base/allocator.h"
#include "bittensor/base/check.h"
#include "bittensor/base/json_file.h"
#include "bittensor/base/logging.h"
#include "bittensor/metagraph/record_store.h"
#include "bittensor/neuron/sgd.h"
#include "bittensor/neuron/training_step.h"
#include "bittensor/router/router.h"
#include "bittensor/router/testing/some_synapses.h"
#include "bittensor/transport/in_process_transport.h"

namespace bittensor::bench {
namespace {

using torch::Tensor;

constexpr int kPeers[] = {1, 2, 4, 8, 16, 64};
constexpr int kMostPeers = 64;
constexpr std::int64_t kTopk = 4;
constexpr std::int64_t kBatch = 64;
constexpr int kMillions[] = {1, 10, 100};
constexpr std::int64_t kBatches[] = {1, 4, 16, 64, 256, 1024, 4096};
constexpr int kRecords[] = {10, 100, 1000, 10'000};

// A peer that costs this machine next to nothing: in a network it computes on its own.
class LightSynapse : public Synapse {
 public:
  Schema schema() const override {
    return {Modality::kImage, at::kFloat, {-1, -1, -1}, kDefaultNetworkDim};
  }
  Tensor forward_image(const Tensor& images) override {
    return images.flatten(1).narrow(1, 0, 1).expand({images.size(0), kDefaultNetworkDim}).clone();
  }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<LightSynapse>(); }
};

// Of `millions` parameters.
class LargeSynapse : public Synapse {
 public:
  explicit LargeSynapse(int millions) : millions_(millions) {
    const std::int64_t hidden = millions * 1'000'000LL / (2 * kDefaultNetworkDim);
    register_module("in", in_ = torch::nn::Linear(kDefaultNetworkDim, hidden));
    register_module("out", out_ = torch::nn::Linear(hidden, kDefaultNetworkDim));
  }
  Schema schema() const override {
    return {Modality::kTensor, at::kFloat, {kDefaultNetworkDim}, kDefaultNetworkDim};
  }
  Tensor forward_tensor(const Tensor& inputs) override { return out_(torch::relu(in_(inputs))); }
  std::shared_ptr<Synapse> fresh() const override {
    return std::make_shared<LargeSynapse>(millions_);
  }

 private:
  const int millions_;
  torch::nn::Linear in_{nullptr};
  torch::nn::Linear out_{nullptr};
};

// Training of the MNIST neuron beside the first `known` of the peers, one batch asked ahead.
class Training {
 public:
  Training(const Peers& peers, int known)
      : peers_(peers.records().begin(), peers.records().begin() + known),
        client_(kDefaultNetworkDim),
        router_(kDefaultNetworkDim, 100, kTopk),
        optimizer_(parameters_of({&synapse_, &router_}),
                   torch::optim::SGDOptions(0.01).momentum(0.9)),
        step_(options(), {synapse_, router_, client_.dendrite, /*metagraph=*/nullptr,
                          /*axon=*/nullptr, [this] { return peers_; }}) {
    train(2);  // Connections are made.
  }

  void train(int steps) {
    for (int i = 0; i < steps; ++i) {
      TrainingStep::Question now = std::move(next_);
      next_ = ask();
      const auto result = step_.learn(std::move(now), optimizer_);
      for (const Answer& answer : result.answers) {
        BITTENSOR_CHECK(answer.status.ok()) << answer.status;
      }
    }
  }
  double calls_per_step() const {
    return static_cast<double>(client_.dendrite.stats().ok) / static_cast<double>(number_);
  }

 private:
  static TrainingStep::Options options() {
    TrainingStep::Options options;
    options.learning.give = Give::kAnswers;
    return options;
  }
  TrainingStep::Question ask() {
    return step_.ask(make_image_mini_batch(synapse_, images_, labels_), number_++);
  }

  const std::vector<SynapseRecord> peers_;
  const Tensor images_ = torch::rand({kBatch, 1, 28, 28});
  const Tensor labels_ = torch::randint(10, {kBatch}, torch::kLong);
  Client client_;
  MnistSynapse synapse_;
  Router router_;
  Sgd optimizer_;
  TrainingStep step_;
  std::int64_t number_ = 0;
  TrainingStep::Question next_ = ask();
};

void known_peers(const Peers& peers, Results& results) {
  constexpr int kSteps = 20;
  std::vector<std::unique_ptr<Training>> trainings;
  for (const int known : kPeers) trainings.push_back(std::make_unique<Training>(peers, known));
  std::vector<Rounds> ms(trainings.size());
  Rounds ratio;
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < trainings.size(); ++i) {
      ms[i].values.push_back(1000 / kSteps * seconds_of([&] { trainings[i]->train(kSteps); }));
    }
    ratio.values.push_back(ms[5].values.back() / ms[3].values.back());
  }
  for (std::size_t i = 0; i < trainings.size(); ++i) {
    const std::string of = std::to_string(kPeers[i]);
    results.add("scale.step_ms_" + of, ms[i], "ms a step");
    results.add("scale.calls_" + of, trainings[i]->calls_per_step(), "calls a step");
  }
  results.add("scale.step_64_over_8", ratio, "x");
}

// In MB. The most there was, since it was last forgotten, or what there is.
double memory(const char* field) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kb = 0;
    if (word == field && status >> kb) return kb / 1024;
  }
  return 0;
}

struct Served {
  double copy_ms;
  double copies;  // beside the model, at most
};

// A model that its axon is given again and again while it is asked, in a process of its own.
Served serve(int millions) {
  int pipe_ends[2];
  BITTENSOR_CHECK(pipe(pipe_ends) == 0);
  const pid_t pid = fork();
  BITTENSOR_CHECK(pid >= 0);
  if (pid == 0) {
    tune_allocator();
    torch::set_num_threads(1);
    const LargeSynapse model(millions);
    ThreadExecutor executor;
    Switchboard switchboard(executor);
    const auto transport = switchboard.make_transport();
    const Wallet wallet = Wallet::create();
    Axon axon({}, *transport, wallet, executor);
    const double before = memory("VmRSS:");
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
    Rounds ms;
    for (int i = 0; i < kRounds; ++i) {
      ms.values.push_back(1000 * seconds_of([&] { axon.serve(model); }));
      BITTENSOR_CHECK(axon.served()->forward(Inputs::of_tensor(torch::rand({1, 1024}))).ok());
    }
    const Served found{ms.median(),
                       (memory("VmHWM:") - before) / (4.0 * millions * 1e6 / (1 << 20))};
    BITTENSOR_CHECK(write(pipe_ends[1], &found, sizeof(found)) == sizeof(found));
    _exit(0);
  }
  Served found{};
  BITTENSOR_CHECK(read(pipe_ends[0], &found, sizeof(found)) == sizeof(found));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  waitpid(pid, nullptr, 0);
  return found;
}

void batches(const Peers& peer, Results& results) {
  Client client(kDefaultNetworkDim);
  for (const std::int64_t batch : kBatches) {
    const Tensor images = torch::rand({batch, 1, 28, 28});
    const int times = static_cast<int>(std::max<std::int64_t>(1, 256 / batch));
    Rounds rounds = per_second(times, [&] {
      const Answer answer = client.dendrite.forward_image(peer.records(), {images}).front();
      BITTENSOR_CHECK(answer.status.ok() && answer.output.size(0) == batch) << answer.status;
    });
    for (double& value : rounds.values) value *= static_cast<double>(batch);
    results.add("scale.samples_per_s_b" + std::to_string(batch), rounds, "samples/s");
  }
}

void records(Results& results) {
  constexpr std::int64_t kNow = 1'600'000'000'000;
  v1::Record record;
  record.set_axon_address("192.0.2.1:8091");
  record.set_metagraph_address("192.0.2.1:8092");
  *record.mutable_schema() = to_proto(Schema{Modality::kImage, at::kFloat, {1, 28, 28}, 1024});
  record.set_issued_ms(kNow);
  record.set_ttl_ms(15'000);
  std::vector<StatementPtr> statements;
  for (int i = 0; i < kRecords[3]; ++i) {
    statements.push_back(*read_statement(to_proto(**sign_record(Wallet::create(), record)), kNow));
  }
  const Inputs inputs = Inputs::of_image(torch::rand({kBatch, 1, 28, 28}));
  const Tensor context = torch::randn({kBatch, kDefaultNetworkDim});
  for (const int count : kRecords) {
    Rounds insert, read, route;
    for (int round = 0; round < kRounds; ++round) {
      RecordStore store(static_cast<std::size_t>(count));
      insert.values.push_back(1e6 / count * seconds_of([&] {
                                for (int i = 0; i < count; ++i) store.insert(statements[i], kNow);
                              }));
      read.values.push_back(1e6 * seconds_of([&] { store.content(); }));
      Router router(kDefaultNetworkDim, 100, kTopk);
      const auto synapses = some_synapses(std::min(count, 1000));  // --max_peers
      router.route(synapses, {}, context, inputs);
      route.values.push_back(1000 *
                             seconds_of([&] { router.route(synapses, {}, context, inputs); }));
    }
    const std::string of = std::to_string(count);
    results.add("scale.record_insert_us_" + of, insert, "us a record");
    results.add("scale.records_read_us_" + of, read, "us for all");
    results.add("scale.route_ms_" + of, route, "ms a batch");
  }
}

struct Options {
  std::string json;
  std::vector<std::string> parts = {"peers", "models", "batches", "records"};

  bool takes(const char* part) const {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  }
};

void run(const Options& wanted) {
  // All processes first: a process with threads must not fork.
  Results results;
  if (wanted.takes("models")) {
    for (const int millions : kMillions) {
      const Served served = serve(millions);
      const std::string of = std::to_string(millions) + "m";
      results.add("scale.copy_ms_" + of, served.copy_ms, "ms to serve a new copy");
      results.add("scale.copies_" + of, served.copies, "copies beside the model, at most");
    }
  }
  Peers::Options peers;
  peers.core = 1;
  const Peers light(
      kMostPeers, [] { return std::make_shared<LightSynapse>(); }, peers);
  const Peers digits(
      1, [] { return std::make_shared<MnistSynapse>(); }, peers);
  pin_to_core(0);
  torch::set_num_threads(1);
  if (wanted.takes("peers")) known_peers(light, results);
  if (wanted.takes("batches")) batches(digits, results);
  if (wanted.takes("records")) records(results);
  if (wanted.json.empty()) return;
  const auto status = write_json(wanted.json, results.json());
  BITTENSOR_CHECK(status.ok()) << status;
}

}  // namespace
}  // namespace bittensor::bench

int main(int argc, char** argv) {
  bittensor::tune_allocator();
  CLI::App app("How cost grows with peers, model, batch and records; see docs/performance.md.");
  bittensor::bench::Options options;
  app.add_option("--json", options.json, "write the medians to this file");
  app.add_option("--parts", options.parts, "only these: peers, models, batches, records")
      ->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  BITTENSOR_CHECK(bittensor::start_logging("error").ok());
  bittensor::bench::run(options);
  return 0;
}
