// SPDX-License-Identifier: MIT
#include "bittensor/tensor/payload_stream.h"

#include <algorithm>
#include <limits>

namespace bittensor {

bool PayloadInputStream::Next(const void** data, int* size) {
  if (index_ == slices_.size()) return false;
  const absl::string_view bytes = slices_[index_].bytes;
  const std::size_t left = bytes.size() - offset_;
  const auto step = std::min<std::size_t>(left, std::numeric_limits<int>::max());
  *data = bytes.data() + offset_;
  *size = static_cast<int>(step);
  advance(step);
  return true;
}

// Protobuf gives back at most what the last Next() gave.
void PayloadInputStream::BackUp(int count) {
  read_ -= count;
  if (offset_ == 0) offset_ = slices_[--index_].bytes.size();
  offset_ -= count;
}

bool PayloadInputStream::Skip(int count) {
  while (count > 0) {
    const void* data = nullptr;
    int size = 0;
    if (!Next(&data, &size)) return false;
    if (size > count) BackUp(size - count);
    count -= std::min(size, count);
  }
  return true;
}

void PayloadInputStream::advance(std::size_t step) {
  read_ += static_cast<std::int64_t>(step);
  offset_ += step;
  if (offset_ == slices_[index_].bytes.size()) {
    ++index_;
    offset_ = 0;
  }
}

}  // namespace bittensor
