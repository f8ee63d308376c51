// SPDX-License-Identifier: MIT
//
// What `bittensor doctor` makes of what it found. Each check takes plain facts, so that a test can
// say what is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace bittensor {

struct Finding {
  enum class State { kGood, kWrong, kUnknown };

  std::string check;  // "clock"
  State state = State::kGood;
  std::string what;  // how it is
  std::string mend;  // what to do about it; empty if nothing is to be done
};

// `libraries`: the files that the process has loaded. `gflops` is of a product of matrices.
Finding check_blas(const std::vector<std::string>& libraries, double gflops);

struct ThreadFacts {
  int cores = 1;                      // of the machine
  int allowed = 1;                    // that this process may use (affinity, cgroup)
  int wanted = 0;                     // --threads; 0: one per core
  std::vector<std::string> runtimes;  // of OpenMP, that the process has loaded
};
Finding check_threads(const ThreadFacts& facts);

// A library, the version of its headers and the one that is loaded.
struct VersionFacts {
  std::string library;
  std::string built_with;
  std::string loaded;
};
Finding check_versions(const std::vector<VersionFacts>& libraries);

// `tried`: of listening at `address`, with the number of the error (errno) or 0.
Finding check_port(const std::string& option, const std::string& address, int error);

// Seconds that this clock is ahead of `server`'s; none: it did not answer.
Finding check_clock(std::optional<double> ahead, const std::string& server);

struct FolderFacts {
  std::string path;
  bool writable = false;
  std::uint64_t free_bytes = 0;
};
// `use`: what goes there, such as "checkpoints".
Finding check_disk(const std::string& use, const FolderFacts& folder);

// `limit`: how many files the process may have open.
Finding check_files(std::uint64_t limit);

// `status` of inspecting the key file, which need not be there yet.
Finding check_key(const std::string& path, const absl::Status& status);

struct DataFacts {
  std::vector<std::string> present;  // names of data sets in the cache
  std::vector<std::string> absent;
  bool npm = false;  // which fetches them, is installed
  std::string cache;
};
Finding check_data(const DataFacts& facts);

// What came of gossiping with the network for a while.
struct NetworkFacts {
  std::vector<std::string> bootstrap;  // who was asked first; empty: nobody
  absl::Status started;                // of listening
  std::size_t known = 0;               // neurons that answered
  std::size_t calls = 0;               // of others, to this machine
  std::string address;                 // where others were told to reach it
  double seconds = 0;                  // how long it was tried
};
Finding check_peers(const NetworkFacts& facts);
Finding check_reachable(const NetworkFacts& facts);

// A line for each, with what to do below it.
std::string to_text(const std::vector<Finding>& findings);
std::string to_json(const std::vector<Finding>& findings);

}  // namespace bittensor
