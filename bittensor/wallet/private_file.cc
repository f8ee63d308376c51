// SPDX-License-Identifier: MIT
#include "bittensor/wallet/private_file.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

absl::Status denied(const std::string& path, absl::string_view why) {
  return absl::PermissionDeniedError(absl::StrCat("key file ", path, " ", why));
}

absl::Status check_private(const struct stat& info, const std::string& path) {
  if (!S_ISREG(info.st_mode)) return denied(path, "is not a regular file");
  if (info.st_uid != geteuid()) {
    return denied(path, absl::StrCat("belongs to user ", info.st_uid, ", not to ", geteuid(),
                                     ": run as its owner or name another file"));
  }
  if ((info.st_mode & 077) != 0) {
    return denied(path, absl::StrCat("may be used by others than its owner: chmod 600 ", path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Secret> read_private_file(const std::string& path, std::size_t max_size) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) {
    if (errno == ENOENT) return absl::NotFoundError(absl::StrCat("no key file ", path));
    if (errno == ELOOP) return denied(path, "is a symbolic link: name the file it points to");
    return denied(path, absl::StrCat("cannot be opened: ", std::strerror(errno)));
  }
  struct stat info {};
  if (fstat(file.fd(), &info) != 0)
    return denied(path, absl::StrCat("cannot be read: ", std::strerror(errno)));
  BITTENSOR_RETURN_IF_ERROR(check_private(info, path));

  Secret content(max_size + 1);
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t n = read(file.fd(), content.data() + size, content.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return denied(path, absl::StrCat("cannot be read: ", std::strerror(errno)));
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  if (size > max_size) {
    return absl::DataLossError(absl::StrCat(path, " is too long to be a key file"));
  }
  content.resize(size);
  return content;
}

absl::Status create_private_file(const std::string& path, absl::string_view content) {
  BITTENSOR_ASSIGN_OR_RETURN(StagedFile file, StagedFile::create(path, 0600));
  BITTENSOR_RETURN_IF_ERROR(file.append(content));
  return file.publish_new();
}

}  // namespace bittensor
