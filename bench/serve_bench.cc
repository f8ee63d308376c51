// SPDX-License-Identifier: MIT
//
// MNIST's synapse served to many clients at the same time: how much of the bare module's speed
// arrives, what joining requests gains, what overload and a change of the model do.
//
// The server has core 0 for itself and the clients core 1; the bare module runs on core 0 too, in
// turns with them.
#include <algorithm>
#include <csignal>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/load.h"
#include "bench/peers.h"
#include "bench/timing.h"
#include "synapses/mnist/mnist_synapse.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/allocator.h"
#include "bittensor/base/check.h"
#include "bittensor/base/json_file.h"
#include "bittensor/base/logging.h"

namespace bittensor::bench {
namespace {

using torch::Tensor;

constexpr int kRounds = 5;
constexpr int kServerCore = 0;
constexpr int kClientCore = 1;
constexpr double kSeconds = 0.4;          // of one measurement
constexpr double kOverloadSeconds = 2.5;  // longer than the axon lets requests wait
constexpr std::int64_t kBatches[] = {1, 8, 64};
constexpr int kClients[] = {1, 8, 32, 128};

std::shared_ptr<MnistSynapse> model() {
  torch::manual_seed(7);  // The same in both processes.
  auto synapse = std::make_shared<MnistSynapse>();
  synapse->eval();
  return synapse;
}

Inputs images(std::int64_t batch) {
  torch::manual_seed(batch);
  return Inputs::of_image(torch::rand({batch, 1, 28, 28}));
}

// Samples a second of the module without any of us, on the server's core.
double bare(const Inputs& inputs) {
  double rate = 0;
  std::thread([&] {
    pin_to_core(kServerCore);
    at::init_num_threads();
    torch::set_num_threads(1);
    const torch::NoGradGuard no_grad;
    const auto synapse = model();
    synapse->forward_inputs(inputs);
    std::int64_t calls = 0;
    double seconds = 0;
    while (seconds < kSeconds / 2) {
      seconds += seconds_of([&] { synapse->forward_inputs(inputs); });
      ++calls;
    }
    rate = static_cast<double>(calls * inputs.batch()) / seconds;
  }).join();
  return rate;
}

double quantile(std::vector<double> values, double q) {
  return values.empty() ? 0 : Rounds{std::move(values)}.quantile(q);
}

// A server and the clients of one batch size.
class Served {
 public:
  Served(const Peers& server, std::int64_t batch)
      : batch_(batch),
        load_(server.records().front(), images(batch),
              [expected = answer(batch)](const Tensor& got) {
                return torch::allclose(got, expected, 1e-3, 1e-4);
              }) {}

  // Samples a second.
  double rate(int clients, double seconds = kSeconds) {
    last = load_.closed(clients, seconds);
    BITTENSOR_CHECK(last.failed == 0) << last.failed << " calls failed";
    return last.per_second() * static_cast<double>(batch_);
  }
  // The same of as many requests a second, answered or not.
  double overloaded(double samples_per_second) {
    last = load_.open(samples_per_second / static_cast<double>(batch_), kOverloadSeconds);
    return last.per_second() * static_cast<double>(batch_);
  }
  LoadResult last;

 private:
  static Tensor answer(std::int64_t batch) {
    const torch::NoGradGuard no_grad;
    return model()->forward_inputs(images(batch));
  }

  const std::int64_t batch_;
  Load load_;
};

struct Cell {
  Rounds rate, efficiency;
  std::vector<double> answered_ms;
};

void grid(const Peers& server, const Peers& unjoined, Results& results) {
  std::map<std::pair<int, std::int64_t>, Cell> cells;
  std::map<std::int64_t, Rounds> bares;
  Rounds gain;
  Rounds of_bare_32;
  for (int round = 0; round < kRounds; ++round) {
    for (const std::int64_t batch : kBatches) {
      Served served(server, batch);
      served.rate(8, 0.1);  // connects
      const double alone = bare(images(batch));
      bares[batch].values.push_back(alone);
      for (const int clients : kClients) {
        Cell& cell = cells[{clients, batch}];
        const double rate = served.rate(clients);
        cell.rate.values.push_back(rate);
        cell.efficiency.values.push_back(rate / alone);
        auto& all = cell.answered_ms;
        all.insert(all.end(), served.last.answered_ms.begin(), served.last.answered_ms.end());
        if (batch != 1 || clients != 32) continue;
        of_bare_32.values.push_back(rate / bare(images(32)));
        Served one_by_one(unjoined, batch);
        one_by_one.rate(8, 0.1);
        gain.values.push_back(rate / one_by_one.rate(clients));
      }
    }
  }
  for (auto& [batch, rounds] : bares) {
    results.add("serve.bare_b" + std::to_string(batch), rounds, "samples/s");
  }
  for (auto& [key, cell] : cells) {
    const std::string name = "b" + std::to_string(key.second) + "x" + std::to_string(key.first);
    results.add("serve.samples_per_s_" + name, cell.rate, "samples/s");
    results.add("serve.p99_ms_" + name, quantile(cell.answered_ms, 0.99), "ms");
    results.add("serve.efficiency_" + name, cell.efficiency, "of bare");
  }
  const Cell& large = cells[{8, 64}];
  results.add("serve.efficiency_b64", large.efficiency, "of bare, 8 clients");
  results.add("serve.of_bare_b32_b1x32", of_bare_32, "of bare at 32");
  results.add("serve.batching_gain", gain, "x unjoined");
  results.add("serve.p99_ms_under_load", quantile(cells[{32, 8}].answered_ms, 0.99),
              "ms, 32 clients x 8");
}

// One cell of the grid alone: what peers_bench.py compares.
void one_image_of_many_clients(const Peers& server, Results& results) {
  Served served(server, /*batch=*/1);
  served.rate(8, 0.1);  // connects
  Rounds rate;
  for (int round = 0; round < kRounds; ++round) rate.values.push_back(served.rate(32));
  results.add("serve.samples_per_s_b1x32", rate, "samples/s");
}

void overload(const Peers& server, Results& results) {
  constexpr std::int64_t kBatch = 64;
  Served served(server, kBatch);
  served.rate(32, 0.2);
  const double memory = server.peak_mb();
  Rounds goodput, offered;
  std::vector<double> answered, refused;
  for (int round = 0; round < kRounds; ++round) {
    const double peak = served.rate(32, 1);
    goodput.values.push_back(served.overloaded(10 * peak) / peak);
    const LoadResult& run = served.last;
    offered.values.push_back(static_cast<double>(run.offered * kBatch) / run.seconds / peak);
    BITTENSOR_CHECK(run.failed == 0) << run.failed << " calls failed otherwise than refused";
    answered.insert(answered.end(), run.answered_ms.begin(), run.answered_ms.end());
    refused.insert(refused.end(), run.refused_ms.begin(), run.refused_ms.end());
  }
  results.add("serve.overload_offered", offered, "x peak");
  results.add("serve.overload_goodput", goodput, "of peak");
  results.add("serve.overload_refused_ms", quantile(refused, 0.5), "ms, median");
  results.add("serve.overload_answered_p99_ms", quantile(answered, 0.99), "ms");
  results.add("serve.overload_memory_mb", server.peak_mb() - memory, "MB more at most");
}

// Every answer must be the model's while the axon takes a new copy of it every 20 ms.
void swap(const Peers& server, Results& results) {
  kill(server.pid(), SIGCONT);
  Served served(server, 8);
  served.rate(32, 2);
  results.add("serve.swap_failed", static_cast<double>(served.last.failed + served.last.refused),
              "calls");
  results.add("serve.swap_answered", static_cast<double>(served.last.ok), "calls");
  BITTENSOR_CHECK(served.last.refused == 0);
}

struct Options {
  std::string json;
  std::vector<std::string> parts = {"grid", "overload", "swap"};

  bool takes(const char* part) const {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  }
};

void run(const Options& wanted) {
  // All processes first: a process with threads must not fork.
  Peers::Options options;
  options.core = kServerCore;
  options.axon.allow_unsigned = true;
  const Peers server(1, model, options);
  Peers::Options one_by_one = options;
  one_by_one.axon.max_joined_rows = 1;
  one_by_one.axon.queue.linger = {};
  const Peers unjoined(1, model, one_by_one);
  Peers::Options swaps = options;
  swaps.swap_every = std::chrono::milliseconds(20);
  const Peers swapping(1, model, swaps);
  kill(swapping.pid(), SIGSTOP);
  pin_to_core(kClientCore);
  torch::set_num_threads(1);

  Results results;
  if (wanted.takes("grid")) grid(server, unjoined, results);
  if (wanted.takes("one")) one_image_of_many_clients(server, results);
  if (wanted.takes("overload")) overload(server, results);
  if (wanted.takes("swap")) swap(swapping, results);
  if (wanted.json.empty()) return;
  const auto status = write_json(wanted.json, results.json());
  BITTENSOR_CHECK(status.ok()) << status;
}

}  // namespace
}  // namespace bittensor::bench

int main(int argc, char** argv) {
  bittensor::tune_allocator();
  CLI::App app("MNIST's synapse served to many clients; see docs/performance.md.");
  bittensor::bench::Options options;
  app.add_option("--json", options.json, "write the medians to this file");
  app.add_option("--parts", options.parts, "only these: grid, one, overload, swap")->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  BITTENSOR_CHECK(bittensor::start_logging("error").ok());
  bittensor::bench::run(options);
  return 0;
}
