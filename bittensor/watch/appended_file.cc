// SPDX-License-Identifier: MIT
#include "bittensor/watch/appended_file.h"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace bittensor {

bool AppendedFile::flush() {
  if (waiting_.empty()) return true;
  std::error_code error;
  const bool is_there = std::filesystem::exists(path_, error);
  const std::uintmax_t size = is_there ? std::filesystem::file_size(path_, error) : 0;
  std::ofstream file(path_, std::ios::binary | std::ios::app);
  file << waiting_;
  file.close();
  if (file) {
    waiting_.clear();
    return true;
  }
  // The disk is full: without the part that still fitted.
  if (!error) std::filesystem::resize_file(path_, size, error);
  return false;
}

}  // namespace bittensor
