// SPDX-License-Identifier: MIT
#include "bittensor/base/staged_file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bittensor/base/sodium.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr absl::string_view kTemporary = ".new-";

absl::Status cannot(absl::string_view action, const std::string& path) {
  const int error = errno;
  return absl::ErrnoToStatus(error, absl::StrCat("cannot ", action, " ", path));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, slash == 0 ? 1 : slash);
}

absl::Status create_folders(const std::string& folder, unsigned mode) {
  for (std::size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
    const std::string part = folder.substr(0, end);
    struct stat info {};
    const bool exists = stat(part.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    // Whoever creates it meanwhile does us a favour.
    if (!exists && mkdir(part.c_str(), mode) != 0 && errno != EEXIST) {
      return cannot("create folder", part);
    }
    if (end == std::string::npos) return absl::OkStatus();
  }
}

absl::Status sync_folder(const std::string& folder) {
  const File file(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.is_open() || fsync(file.fd()) != 0) return cannot("write folder", folder);
  return absl::OkStatus();
}

std::string random_name(const std::string& path) {
  internal::ensure_sodium();
  std::string bytes(8, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return absl::StrCat(path, kTemporary, absl::BytesToHexString(bytes));
}

}  // namespace

absl::StatusOr<StagedFile> StagedFile::create(const std::string& path, unsigned mode) {
  const unsigned searchable = (mode & 0444U) >> 2U;
  BITTENSOR_RETURN_IF_ERROR(create_folders(folder_of(path), mode | searchable));
  std::string temporary = random_name(path);
  File file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file.is_open()) return cannot("create", path);
  // Says to remove_abandoned() that its writer lives. Without effect on some file systems.
  flock(file.fd(), LOCK_EX | LOCK_NB);
  return StagedFile(path, std::move(temporary), std::move(file));
}

void StagedFile::remove_abandoned(const std::string& path) {
  const std::string prefix =
      std::filesystem::path(path).filename().string() + std::string(kTemporary);
  std::error_code error;
  std::filesystem::directory_iterator entries(folder_of(path), error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::filesystem::path& entry = entries->path();
    if (!absl::StartsWith(entry.filename().string(), prefix)) continue;
    const File file(open(entry.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (file.is_open() && flock(file.fd(), LOCK_EX | LOCK_NB) == 0) unlink(entry.c_str());
  }
}

StagedFile::StagedFile(std::string path, std::string temporary, File file)
    : path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}

StagedFile::~StagedFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

StagedFile::StagedFile(StagedFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, std::string())),
      file_(std::move(other.file_)) {}

absl::Status StagedFile::append(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(file_.fd(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot("write", path_);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status StagedFile::sync() const {
  if (fsync(file_.fd()) != 0) return cannot("write", path_);
  return absl::OkStatus();
}

absl::Status StagedFile::publish_new() {
  BITTENSOR_RETURN_IF_ERROR(sync());
  // link(), unlike rename(), leaves a file that has the name already.
  if (link(temporary_.c_str(), path_.c_str()) != 0) return cannot("create", path_);
  return sync_folder(folder_of(path_));
}

absl::Status StagedFile::publish() {
  BITTENSOR_RETURN_IF_ERROR(sync());
  if (rename(temporary_.c_str(), path_.c_str()) != 0) return cannot("replace", path_);
  temporary_.clear();
  return sync_folder(folder_of(path_));
}

absl::Status StagedFile::publish_over(const std::string& previous) {
  BITTENSOR_RETURN_IF_ERROR(sync());
  const std::string second_name = random_name(path_);
  if (link(path_.c_str(), second_name.c_str()) == 0) {
    if (rename(second_name.c_str(), previous.c_str()) != 0) {
      absl::Status status = cannot("create", previous);
      unlink(second_name.c_str());
      return status;
    }
    // Two names of one file: rename() does nothing then, and leaves both.
    unlink(second_name.c_str());
  } else if (errno != ENOENT) {
    return cannot("keep the old", path_);
  }
  return publish();
}

absl::Status write_whole_file(const std::string& path, absl::Span<const absl::string_view> pieces,
                              unsigned mode) {
  BITTENSOR_ASSIGN_OR_RETURN(StagedFile file, StagedFile::create(path, mode));
  for (const absl::string_view piece : pieces) BITTENSOR_RETURN_IF_ERROR(file.append(piece));
  return file.publish();
}

}  // namespace bittensor
