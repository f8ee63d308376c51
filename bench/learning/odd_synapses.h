// SPDX-License-Identifier: MIT
//
// Peers that are no help, each in its own way.
#pragma once

#include <atomic>
#include <memory>

#include "torch/types.h"

#include "bittensor/base/executor.h"
#include "bittensor/synapse/synapse.h"

namespace bittensor::bench {

inline Schema image_schema() {
  return {Modality::kImage, at::kFloat, {-1, -1, -1}, kDefaultNetworkDim};
}

// Answers noise in (-1, 1), another each time.
class NoiseSynapse : public Synapse {
 public:
  Schema schema() const override { return image_schema(); }
  torch::Tensor forward_image(const torch::Tensor& images) override {
    return torch::rand({images.size(0), kDefaultNetworkDim}) * 2 - 1;
  }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<NoiseSynapse>(); }
};

// Answers the same numbers to everything.
class ConstantSynapse : public Synapse {
 public:
  Schema schema() const override { return image_schema(); }
  torch::Tensor forward_image(const torch::Tensor& images) override {
    return torch::full({images.size(0), kDefaultNetworkDim}, 0.5);
  }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<ConstantSynapse>(); }
};

// Answers after `delay`.
class LateSynapse : public Synapse {
 public:
  explicit LateSynapse(Duration delay) : delay_(delay) {}
  Schema schema() const override { return image_schema(); }
  torch::Tensor forward_image(const torch::Tensor& images) override;
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<LateSynapse>(delay_); }

 private:
  const Duration delay_;
};

// Answers as `honest` does until `turned` is set, then noise.
class TurncoatSynapse : public Synapse {
 public:
  TurncoatSynapse(std::shared_ptr<Synapse> honest, std::shared_ptr<std::atomic<bool>> turned)
      : honest_(std::move(honest)), turned_(std::move(turned)) {}
  Schema schema() const override { return honest_->schema(); }
  torch::Tensor forward_image(const torch::Tensor& images) override {
    return *turned_ ? NoiseSynapse().forward_image(images) : honest_->forward_image(images);
  }
  // Shares the model, which nobody trains any more.
  std::shared_ptr<Synapse> fresh() const override {
    return std::make_shared<TurncoatSynapse>(honest_, turned_);
  }

 private:
  const std::shared_ptr<Synapse> honest_;
  const std::shared_ptr<std::atomic<bool>> turned_;
};

}  // namespace bittensor::bench
