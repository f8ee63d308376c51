// SPDX-License-Identifier: MIT
//
// Does the network help, and can a bad neighbour hurt? Experiments on MNIST: docs/learning.
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/learning/setup.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/allocator.h"
#include "bittensor/base/json_file.h"
#include "bittensor/base/logging.h"
#include "bittensor/base/status_macros.h"

namespace bittensor::bench {
namespace {

struct Row {
  const char* name;
  void (*run)(const Setup&);
};

constexpr Row kRows[] = {
    {"poor", poor_among_rich}, {"specialists", specialists}, {"useless", useless_peers},
    {"turncoat", turncoat},    {"newcomer", newcomer},       {"alone", alone},
    {"split", split},
};

struct Options {
  bool fast = false;
  bool quick = false;
  int seeds = 3;
  std::vector<std::string> rows;
  std::string data, json, curves;
};

absl::Status run(const Options& options) {
  std::string folder = options.data;
  if (folder.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(folder, fetch_mnist());
  }
  BITTENSOR_ASSIGN_OR_RETURN(const Mnist mnist, load_mnist(folder));
  Report report;
  for (const Row& row : kRows) {
    if (!options.rows.empty() &&
        std::find(options.rows.begin(), options.rows.end(), row.name) == options.rows.end()) {
      continue;
    }
    for (int seed = 1; seed <= options.seeds; ++seed) {
      std::printf("%s, seed %d of %d\n", row.name, seed, options.seeds);
      std::fflush(stdout);
      const auto start = std::chrono::steady_clock::now();
      row.run({mnist, options.fast, options.quick, static_cast<std::uint64_t>(seed), report});
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      std::printf("    %.0f s\n", took.count());
    }
  }
  report.print();
  if (options.quick)
    std::printf("What is wanted is of the whole run: --quick takes fewer steps.\n");
  if (!options.curves.empty()) {
    BITTENSOR_RETURN_IF_ERROR(write_json(options.curves, report.curves()));
  }
  return options.json.empty() ? absl::OkStatus() : write_json(options.json, report.json());
}

}  // namespace
}  // namespace bittensor::bench

int main(int argc, char** argv) {
  bittensor::tune_allocator();
  bittensor::bench::Options options;
  CLI::App app("Does the network help, and can a bad neighbour hurt? Experiments on MNIST.",
               "learning");
  app.add_flag("--fast", options.fast, "neurons talk within the process instead of by gRPC");
  app.add_flag("--quick", options.quick, "one seed and fewer steps: five minutes");
  auto* seeds = app.add_option("--seeds", options.seeds, "runs of each row")
                    ->check(CLI::Range(1, 100))
                    ->capture_default_str();
  app.add_option("--rows", options.rows,
                 "only these: poor, specialists, useless, turncoat, newcomer, alone, split")
      ->delimiter(',');
  app.add_option("--data", options.data, "folder with MNIST; empty: the cache");
  app.add_option("--json", options.json, "write the means to this file");
  app.add_option("--curves", options.curves, "write the curves to this file, for bench/plots.py");
  CLI11_PARSE(app, argc, argv);
  if (options.quick && seeds->count() == 0) options.seeds = 1;

  torch::set_num_threads(1);  // Of the learner; each peer's axon has a thread of its own.
  absl::Status status = bittensor::start_logging("error");
  try {
    if (status.ok()) status = bittensor::bench::run(options);
  } catch (const std::exception& error) {
    status = absl::InternalError(error.what());
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "learning: %s\n", std::string(status.message()).c_str());
  return 1;
}
