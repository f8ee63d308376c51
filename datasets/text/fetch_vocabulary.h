// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "datasets/fetch.h"

namespace bittensor {

// What fetch_bert_vocabulary() leaves in the cache.
CachedSet bert_vocabulary_set();

// The vocab.txt of bert-base-uncased below `cache`, from the network if it is not there (141 KB).
// Errors as fetch_package.
absl::StatusOr<std::string> fetch_bert_vocabulary(const std::string& cache = default_cache(),
                                                  const FetchOptions& options = {});

}  // namespace bittensor
