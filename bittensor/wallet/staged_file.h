// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// A descriptor of an open file, closed with its owner.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File();
  File(File&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

// A file that appears under its name whole and on disk, or not at all, whatever happens
// to the process, the machine or the room on the disk. It is written beside its place as
// PATH.new-RANDOM, which the destructor removes.
//
// Messages of errors name the file and the system's reason. Not thread-safe; any number of
// processes may stage one path at a time.
class StagedFile {
 public:
  // `mode` as for open(): 0600 or 0666. Missing folders are created for the same users.
  static absl::StatusOr<StagedFile> create(const std::string& path, unsigned mode);

  // Removes what processes that died while they staged `path` left behind.
  static void remove_abandoned(const std::string& path);

  ~StagedFile();
  StagedFile(StagedFile&&) noexcept;
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  absl::Status append(absl::string_view bytes);

  // kAlreadyExists if something has the name: that stays as it is.
  absl::Status publish_new();

  // Takes the name from the file that has it, which stays as `previous`. At no time is
  // the name free.
  absl::Status publish_over(const std::string& previous);

 private:
  StagedFile(std::string path, std::string temporary, File file);
  absl::Status sync() const;

  std::string path_;
  std::string temporary_;  // empty: nothing to remove
  File file_;
};

}  // namespace bittensor
