// SPDX-License-Identifier: MIT
//
// bert_tokenize TOKENIZER [--time | --save FOLDER]
//
// Reads texts from standard input, each a line of hexadecimal bytes, and writes what becomes of
// each as a line of JSON, [ids, offsets, decoded, decoded without special tokens]: what
// tools/compare_tokenizer.py holds against the reference. With a tab between two texts they are a
// pair. With --time it reads plain lines, writes nothing and says how long they took. With --save
// it writes the tokenizer's files.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "text/tokenizer.h"
#include "text/tokenizer_files.h"

#include "bittensor/base/hex.h"

namespace {

using bittensor::BertEncoding;
using bittensor::BertTokenizer;
using bittensor::hex_to_bytes;

BertEncoding encode(const BertTokenizer& tokenizer, const std::string& line) {
  const std::size_t tab = line.find('\t');
  if (tab == std::string::npos) return tokenizer.encode(hex_to_bytes(line).value());
  return tokenizer.encode_pair(hex_to_bytes(line.substr(0, tab)).value(),
                               hex_to_bytes(line.substr(tab + 1)).value(), {});
}

void write_encodings(const BertTokenizer& tokenizer) {
  std::string line;
  while (std::getline(std::cin, line)) {
    const BertEncoding encoding = encode(tokenizer, line);
    auto offsets = nlohmann::json::array();
    for (const bittensor::TextRange& range : encoding.offsets) {
      offsets.push_back({range.begin, range.end});
    }
    const nlohmann::json all = {encoding.ids, std::move(offsets),
                                tokenizer.decode(encoding.ids, /*skip_special_tokens=*/false),
                                tokenizer.decode(encoding.ids, /*skip_special_tokens=*/true)};
    std::puts(all.dump().c_str());
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
    std::fprintf(stderr, "usage: bert_tokenize TOKENIZER [--time | --save FOLDER]\n");
    return 2;
  }
  const auto tokenizer = BertTokenizer::load(argv[1]);
  if (!tokenizer.ok()) {
    std::cerr << tokenizer.status().message() << "\n";
    return 1;
  }
  const std::string mode = argc > 2 ? argv[2] : "";
  if (mode == "--time") {
    time_encodings(*tokenizer);
  } else if (mode == "--save" && argc > 3) {
    const absl::Status saved = bittensor::save_tokenizer(*tokenizer, argv[3]);
    if (!saved.ok()) std::cerr << saved.message() << "\n";
    return saved.ok() ? 0 : 1;
  } else {
    write_encodings(*tokenizer);
  }
  return 0;
}
