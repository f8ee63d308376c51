// SPDX-License-Identifier: MIT
#include "bittensor/neuron/confusion.h"

#include <algorithm>

#include "torch/types.h"

namespace bittensor {

Picture picture_of(const at::Tensor& image) {
  const at::Tensor values = image.detach().to(at::kCPU, at::kFloat);
  const at::Tensor least = values.min();
  const at::Tensor range = (values.max() - least).clamp_min(1e-12);
  const at::Tensor bytes =
      ((values - least) / range * 255).round().to(at::kByte).permute({1, 2, 0}).contiguous();
  Picture picture;
  picture.height = static_cast<int>(image.size(1));
  picture.width = static_cast<int>(image.size(2));
  picture.channels = static_cast<int>(image.size(0));
  const std::uint8_t* data = bytes.data_ptr<std::uint8_t>();
  picture.bytes.assign(data, data + bytes.numel());
  return picture;
}

void Confusion::add(const MiniBatch& batch) {
  const at::Tensor predicted = batch.predicted(/*network=*/false);
  if (!predicted.defined() || !batch.labels().defined()) return;
  const at::Tensor said = predicted.to(at::kCPU, at::kLong).contiguous();
  const at::Tensor labels = batch.labels().to(at::kCPU, at::kLong).contiguous();
  const at::Tensor& images = batch.inputs().tensor;
  const bool pictures = batch.inputs().modality == Modality::kImage && images.defined() &&
                        images.dim() == 4 && (images.size(1) == 1 || images.size(1) == 3);
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    const std::int64_t label = labels.data_ptr<std::int64_t>()[i];
    const std::int64_t as = said.data_ptr<std::int64_t>()[i];
    if (label < 0 || label >= kMaxClasses || as < 0 || as >= kMaxClasses) continue;
    const auto classes = static_cast<std::size_t>(std::max(label, as)) + 1;
    if (counts_.size() < classes) {
      counts_.resize(classes);
      for (auto& row : counts_) row.resize(classes);
    }
    ++counts_[static_cast<std::size_t>(label)][static_cast<std::size_t>(as)];
    if (label != as && pictures && misread_.size() < kMaxMisread) {
      misread_.push_back({picture_of(images[i]), label, as});
    }
  }
}

}  // namespace bittensor
