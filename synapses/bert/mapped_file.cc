// SPDX-License-Identifier: MIT
#include "synapses/bert/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "fcntl.h"
#include "sys/mman.h"
#include "sys/stat.h"
#include "unistd.h"

namespace bittensor {
namespace {

std::string reason() {
  return std::error_code(errno, std::generic_category()).message();
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool write_and_sync(const std::string& path, const std::vector<absl::string_view>& pieces) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) return false;
  for (const absl::string_view piece : pieces) {
    if (!write_all(file.get(), piece)) return false;
  }
  return ::fsync(file.get()) == 0;
}

}  // namespace

absl::StatusOr<std::shared_ptr<MappedFile>> MappedFile::open(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) {
    return absl::NotFoundError(absl::StrCat(path, ": ", reason()));
  }
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, ": not a file"));
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) return std::shared_ptr<MappedFile>(new MappedFile(nullptr, 0));
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return absl::UnavailableError(absl::StrCat(path, ": ", reason()));
  return std::shared_ptr<MappedFile>(new MappedFile(static_cast<char*>(data), size));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

absl::Status write_whole_file(const std::string& path,
                              const std::vector<absl::string_view>& pieces) {
  const std::string unfinished = absl::StrCat(path, ".", ::getpid(), ".unfinished");
  if (!write_and_sync(unfinished, pieces) || ::rename(unfinished.c_str(), path.c_str()) != 0) {
    const absl::Status status = absl::UnavailableError(absl::StrCat(path, ": ", reason()));
    ::unlink(unfinished.c_str());
    return status;
  }
  // The new name lasts only once its folder is on the disk, too.
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || ::fsync(opened.get()) != 0) {
    return absl::UnavailableError(absl::StrCat(folder, ": ", reason()));
  }
  return absl::OkStatus();
}

}  // namespace bittensor
