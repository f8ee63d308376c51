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
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return absl::NotFoundError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  }
  bool locked = flock(descriptor, LOCK_EX | LOCK_NB) == 0;
  if (!locked && errno == EBADF) {
    // NFS gives an exclusive lock only through a descriptor to write. Elsewhere there is none: a
    // file that is open to be written keeps its disk from being made read-only.
    close(descriptor);
    descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) {
      return absl::InternalError(absl::StrCat("cannot lock ", path, ": ", std::strerror(errno)));
    }
    locked = flock(descriptor, LOCK_EX | LOCK_NB) == 0;
  }
  if (locked) return FileLock(descriptor);
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
