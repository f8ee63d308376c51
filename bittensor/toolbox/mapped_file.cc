// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "fcntl.h"
#include "sys/mman.h"
#include "sys/stat.h"

#include "bittensor/base/file.h"

namespace bittensor {
namespace {

std::string reason() {
  return std::error_code(errno, std::generic_category()).message();
}

}  // namespace

absl::StatusOr<std::shared_ptr<MappedFile>> MappedFile::open(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!file.is_open() || ::fstat(file.fd(), &info) != 0) {
    return absl::NotFoundError(absl::StrCat(path, ": ", reason()));
  }
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, ": not a file"));
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) return std::shared_ptr<MappedFile>(new MappedFile(nullptr, 0));
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.fd(), 0);
  if (data == MAP_FAILED) return absl::UnavailableError(absl::StrCat(path, ": ", reason()));
  return std::shared_ptr<MappedFile>(new MappedFile(static_cast<char*>(data), size));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace bittensor
