// SPDX-License-Identifier: MIT
#include "bittensor/wallet/private_file.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/sodium.h"

namespace bittensor {
namespace {

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  const int fd_;
};

absl::Status cannot(absl::string_view action, const std::string& path) {
  const int error = errno;
  return absl::ErrnoToStatus(error, absl::StrCat("cannot ", action, " ", path));
}

absl::Status denied(const std::string& path, absl::string_view why) {
  return absl::PermissionDeniedError(absl::StrCat("key file ", path, " ", why));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, slash == 0 ? 1 : slash);
}

absl::Status create_folders(const std::string& folder) {
  for (std::size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
    const std::string part = folder.substr(0, end);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return cannot("create folder", part);
    if (end == std::string::npos) return absl::OkStatus();
  }
}

absl::Status write_and_sync(const File& file, absl::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = write(file.fd(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot("write", path);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  if (fsync(file.fd()) != 0) return cannot("write", path);
  return absl::OkStatus();
}

absl::Status create_whole(const std::string& path, absl::string_view content) {
  const File file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.is_open()) return cannot("create", path);
  return write_and_sync(file, content, path);
}

absl::Status sync_folder(const std::string& folder) {
  const File file(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.is_open() || fsync(file.fd()) != 0) return cannot("write folder", folder);
  return absl::OkStatus();
}

std::string random_suffix() {
  internal::ensure_sodium();
  std::string bytes(8, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return absl::BytesToHexString(bytes);
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

absl::StatusOr<std::string> read_private_file(const std::string& path, std::size_t max_size) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) {
    if (errno == ENOENT) return absl::NotFoundError(absl::StrCat("no key file ", path));
    if (errno == ELOOP) return denied(path, "is a symbolic link: name the file it points to");
    return denied(path, absl::StrCat("cannot be opened: ", std::strerror(errno)));
  }
  struct stat info {};
  if (fstat(file.fd(), &info) != 0) return cannot("read", path);
  BITTENSOR_RETURN_IF_ERROR(check_private(info, path));

  std::string content(max_size + 1, '\0');
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
  const std::string folder = folder_of(path);
  BITTENSOR_RETURN_IF_ERROR(create_folders(folder));
  const std::string temporary = absl::StrCat(path, ".new-", random_suffix());
  absl::Status status = create_whole(temporary, content);
  // link(), unlike rename(), leaves a file that has the name already.
  if (status.ok() && link(temporary.c_str(), path.c_str()) != 0) status = cannot("create", path);
  unlink(temporary.c_str());
  BITTENSOR_RETURN_IF_ERROR(status);
  return sync_folder(folder);
}

}  // namespace bittensor
