// SPDX-License-Identifier: MIT
#include "bittensor/base/file_lock.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace bittensor {

absl::StatusOr<FileLock> FileLock::acquire(const std::string& path) {
  // NFS makes an exclusive lock of one that needs a descriptor to write through; elsewhere one to
  // read through will do, as for a file that may not be written.
  int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return absl::NotFoundError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  }
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return FileLock(descriptor);
  const int error = errno;
  close(descriptor);
  if (error == EWOULDBLOCK) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is in use by another process"));
  }
  return absl::InternalError(absl::StrCat("cannot lock ", path, ": ", std::strerror(error)));
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace bittensor
