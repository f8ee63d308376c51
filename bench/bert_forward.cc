// SPDX-License-Identifier: MIT
//
// The forward pass of a BERT, timed: bert_bench.py's side of ours.
//
//   bert_forward FOLDER THREADS     a folder of Hugging Face's files
//
// Prints the milliseconds that opening the folder took. Reads lines "BATCH LENGTH"; answers each
// with the milliseconds of one pass over made-up ids and with the last token's first eight numbers.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "synapses/bert/folder.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/allocator.h"
#include "bittensor/base/logging.h"
#include "bittensor/neuron/compute.h"

namespace bittensor {
namespace {

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

int run(const std::string& folder, int threads) {
  const auto device = set_up_compute("cpu", threads, 0);
  if (!device.ok()) return 1;
  const auto start = std::chrono::steady_clock::now();
  const auto opened = open_bert(folder, BertTask::kEmbedding);
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", opened.status().ToString().c_str());
    return 1;
  }
  std::printf("%.4f\n", milliseconds_since(start));
  std::fflush(stdout);
  BertModel& model = opened->model->bert();
  const torch::NoGradGuard no_grad;
  std::int64_t batch = 0;
  std::int64_t length = 0;
  while (std::cin >> batch >> length) {
    const torch::Tensor ids =
        (torch::arange(batch * length) * 7919 % 20000 + 1000).view({batch, length});
    const auto begin = std::chrono::steady_clock::now();
    const torch::Tensor hidden = model.forward({ids, {}, {}}).hidden;
    std::printf("%.4f", milliseconds_since(begin));
    const torch::Tensor last = hidden[batch - 1][length - 1];
    for (int i = 0; i < 8; ++i) std::printf(" %.6f", last[i].item<double>());
    std::printf("\n");
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bert_forward FOLDER THREADS\n");
    return 2;
  }
  bittensor::tune_allocator();
  // To standard error: what is on standard output is read by bert_bench.py.
  if (!bittensor::start_logging("warning").ok()) return 1;
  return bittensor::run(argv[1], std::atoi(argv[2]));
}
