// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "google/protobuf/io/zero_copy_stream.h"

#include "bittensor/base/payload.h"

namespace bittensor {

// Lets protobuf read a Payload's slices where they lie. The payload must outlive it.
class PayloadInputStream final : public google::protobuf::io::ZeroCopyInputStream {
 public:
  explicit PayloadInputStream(const Payload& payload) : slices_(payload.slices()) {}

  bool Next(const void** data, int* size) override;
  void BackUp(int count) override;
  bool Skip(int count) override;
  std::int64_t ByteCount() const override { return read_; }

 private:
  void advance(std::size_t step);

  const std::vector<Payload::Slice>& slices_;
  std::size_t index_ = 0;
  std::size_t offset_ = 0;  // within slices_[index_]; never at its end
  std::int64_t read_ = 0;
};

}  // namespace bittensor
