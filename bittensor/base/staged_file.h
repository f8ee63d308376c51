// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "bittensor/base/file.h"

namespace bittensor {

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

  // Takes the name, whether or not a file has it.
  absl::Status publish();

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

// Writes `pieces`, one after another, to `path`: the file holds all of them or what it held
// before, even after a crash. `mode` and errors as StagedFile's. Blocks.
absl::Status write_whole_file(const std::string& path, absl::Span<const absl::string_view> pieces,
                              unsigned mode = 0666);

}  // namespace bittensor
