// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// A file as memory, read page by page when touched. Writing to the memory changes a private
// copy of the page, never the file. The file must not be cut while it is mapped: touching what
// is gone ends the program. Thread-safe for reading.
class MappedFile {
 public:
  // kNotFound if the file cannot be opened.
  static absl::StatusOr<std::shared_ptr<MappedFile>> open(const std::string& path);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  char* data() { return data_; }
  absl::string_view bytes() const { return {data_, size_}; }

 private:
  MappedFile(char* data, std::size_t size) : data_(data), size_(size) {}

  char* data_;  // null for an empty file
  std::size_t size_;
};

}  // namespace bittensor
