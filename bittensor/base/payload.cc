// SPDX-License-Identifier: MIT
#include "bittensor/base/payload.h"

#include <utility>

namespace bittensor {

void Payload::append(std::string bytes) {
  auto owner = std::make_shared<const std::string>(std::move(bytes));
  const absl::string_view view = *owner;
  append(view, std::move(owner));
}

void Payload::append(absl::string_view bytes, std::shared_ptr<const void> owner) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  slices_.push_back({bytes, std::move(owner)});
}

void Payload::append(const Payload& other) {
  for (const Slice& slice : other.slices_) append(slice.bytes, slice.owner);
}

std::string Payload::flatten() const {
  std::string all;
  all.reserve(size_);
  for (const Slice& slice : slices_) all.append(slice.bytes.data(), slice.bytes.size());
  return all;
}

}  // namespace bittensor
