// SPDX-License-Identifier: MIT
#include "datasets/batches.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

#include "torch/types.h"

#include "bittensor/base/check.h"
#include "bittensor/base/random.h"

namespace bittensor {
namespace {}  // namespace

Batches::Batches(LabelledImages data, Options options)
    : data_{data.images.contiguous(), data.labels.contiguous()},
      options_(std::move(options)),
      order_(data_.size()) {
  BITTENSOR_CHECK(data_.size() > 0 && data_.images.size(0) == data_.size());
  BITTENSOR_CHECK(options_.batch_size > 0) << options_.batch_size;
  std::iota(order_.begin(), order_.end(), 0);
  const auto channels = static_cast<std::size_t>(data_.images.size(1));
  const auto& [mean, deviation] = options_.normalisation;
  BITTENSOR_CHECK(mean.size() == deviation.size());
  BITTENSOR_CHECK(mean.size() == 1 || mean.size() == channels) << mean.size();
  for (std::size_t i = 0; i < channels; ++i) {
    const std::size_t entry = mean.size() == 1 ? 0 : i;
    scale_.push_back(static_cast<float>(1 / (255 * deviation[entry])));
    shift_.push_back(static_cast<float>(-mean[entry] / deviation[entry]));
  }
}

std::int64_t Batches::per_epoch() const {
  return (data_.size() + options_.batch_size - 1) / options_.batch_size;
}

void Batches::shuffle_for(std::int64_t epoch) {
  if (epoch == epoch_) return;
  std::iota(order_.begin(), order_.end(), 0);
  std::mt19937_64 random(seed_of(options_.seed, epoch));
  shuffle(order_, random);
  epoch_ = epoch;
}

// A plain loop: libtorch would make three passes, and wake its threads for each, which on
// a busy machine takes longer than all the work.
void Batches::normalise(std::int64_t sample, const View& view, float* into) const {
  const std::int64_t pixels = data_.images.stride(1);
  const std::int64_t cols = data_.images.size(3);
  const auto* from = data_.images.data_ptr<std::uint8_t>() + sample * data_.images.stride(0);
  for (std::size_t channel = 0; channel < scale_.size(); ++channel) {
    copy_plane(from, pixels / cols, cols, view, scale_[channel], shift_[channel], into);
    from += pixels;
    into += pixels;
  }
}

Batch Batches::at(std::int64_t step) {
  BITTENSOR_CHECK(step >= 0) << step;
  const std::int64_t begin = step % per_epoch() * options_.batch_size;
  const std::int64_t size = std::min(options_.batch_size, data_.size() - begin);
  if (options_.shuffle) shuffle_for(step / per_epoch());

  std::vector<std::int64_t> shape = data_.images.sizes().vec();
  shape[0] = size;
  const Batch batch = {torch::empty(shape, torch::kFloat), torch::empty({size}, torch::kInt64)};
  const auto* labels = data_.labels.data_ptr<std::int64_t>();
  std::mt19937_64 random(seed_of(~options_.seed, step));  // other numbers than the shuffle's
  for (std::int64_t i = 0; i < size; ++i) {
    const std::int64_t sample = order_[begin + i];
    const View view =
        options_.augmentation.any() ? random_view(options_.augmentation, random) : View();
    normalise(sample, view, batch.images.data_ptr<float>() + i * data_.images.stride(0));
    batch.labels.data_ptr<std::int64_t>()[i] = labels[sample];
  }
  return batch;
}

}  // namespace bittensor
