// SPDX-License-Identifier: MIT
//
// bert_tokenize VOCAB [--time]
//
// Reads texts from standard input, each a line of hexadecimal bytes, and writes their ids and
// offsets, each text a line of JSON: what tools/compare_tokenizer.js holds against the reference.
// With --time it reads plain lines, writes nothing and says how many bytes a second it takes.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "text/tokenizer.h"

namespace {

using bittensor::BertEncoding;
using bittensor::BertTokenizer;

void write_encodings(const BertTokenizer& tokenizer) {
  std::string line;
  while (std::getline(std::cin, line)) {
    const BertEncoding encoding = tokenizer.encode(absl::HexStringToBytes(line));
    std::string out = "[[";
    for (std::size_t i = 0; i < encoding.size(); ++i) {
      out += (i > 0 ? "," : "") + std::to_string(encoding.ids[i]);
    }
    out += "],[";
    for (std::size_t i = 0; i < encoding.size(); ++i) {
      out += (i > 0 ? ",[" : "[") + std::to_string(encoding.offsets[i].begin) + "," +
             std::to_string(encoding.offsets[i].end) + "]";
    }
    out += "]]\n";
    std::fputs(out.c_str(), stdout);
  }
}

void time_encodings(const BertTokenizer& tokenizer) {
  std::vector<std::string> lines;
  std::size_t bytes = 0;
  for (std::string line; std::getline(std::cin, line);) {
    bytes += line.size();
    lines.push_back(std::move(line));
  }
  const auto start = std::chrono::steady_clock::now();
  std::size_t tokens = 0;
  for (const std::string& line : lines) tokens += tokenizer.encode(line).size();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("{\"tokens\": %zu, \"bytes\": %zu, \"seconds\": %.6f}\n", tokens, bytes,
              took.count());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bert_tokenize VOCAB [--time]\n");
    return 2;
  }
  const auto tokenizer = BertTokenizer::load(argv[1]);
  if (!tokenizer.ok()) {
    std::cerr << tokenizer.status().message() << "\n";
    return 1;
  }
  if (argc > 2 && std::string(argv[2]) == "--time") {
    time_encodings(*tokenizer);
  } else {
    write_encodings(*tokenizer);
  }
  return 0;
}
