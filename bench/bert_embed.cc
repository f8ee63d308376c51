// SPDX-License-Identifier: MIT
//
// bert_embed FOLDER THREADS TEXTS VECTORS: embeds the lines of the file TEXTS, 32 at a time, once
// for each line of standard input, and prints how many seconds it took, tokenizer included. The
// vectors of the first time are written to the file VECTORS, float32 in rows.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "synapses/bert/sentence_encoder.h"
#include "torch/types.h"
#include "torch/utils.h"

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: bert_embed FOLDER THREADS TEXTS VECTORS\n");
    return 2;
  }
  torch::set_num_threads(std::stoi(argv[2]));
  auto encoder = bittensor::SentenceEncoder::open(argv[1], {});
  if (!encoder.ok()) {
    std::cerr << encoder.status().message() << "\n";
    return 1;
  }
  std::vector<std::string> texts;
  std::ifstream lines(argv[3]);
  for (std::string line; std::getline(lines, line);) texts.push_back(line);
  bool first = true;
  for (std::string line; std::getline(std::cin, line); first = false) {
    const auto start = std::chrono::steady_clock::now();
    const torch::Tensor vectors = encoder->encode(texts).contiguous();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (first) {
      std::ofstream file(argv[4], std::ios::binary);
      file.write(static_cast<const char*>(vectors.data_ptr()),
                 static_cast<std::streamsize>(vectors.nbytes()));
    }
    std::cout << took.count() << std::endl;
  }
  return 0;
}
