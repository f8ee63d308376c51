// SPDX-License-Identifier: MIT
//
// Dual Path Networks: Y. Chen et al., "Dual path networks", arXiv 1707.01629 (2017).
#pragma once

#include <cstdint>
#include <vector>

#include "torch/nn/module.h"
#include "torch/nn/modules/batchnorm.h"
#include "torch/nn/modules/container/modulelist.h"
#include "torch/nn/modules/conv.h"
#include "torch/nn/modules/linear.h"

namespace bittensor {

// Which Dual Path Network: the columns of the paper's table 1.
struct DpnLayout {
  // The first convolution, of the images themselves.
  struct Stem {
    std::int64_t channels = 64;
    std::int64_t kernel = 7;  // pixels, odd
    std::int64_t stride = 2;
    bool pool = true;  // then the maximum of 3 x 3 pixels at stride 2
  };
  // Blocks at one size of image.
  struct Stage {
    std::int64_t blocks = 1;
    std::int64_t grouped = 0;   // channels of the 3 x 3 convolution; a multiple of `groups`
    std::int64_t residual = 0;  // channels that each block adds to
    std::int64_t dense = 0;     // channels that each block appends
    std::int64_t stride = 2;    // of the first block
  };

  std::int64_t channels = 3;  // of the images
  Stem stem;
  std::int64_t groups = 32;  // of the 3 x 3 convolutions
  std::vector<Stage> stages;
  std::int64_t outputs = 1000;
};

// The paper's networks for ImageNet: 37.67 and 61.57 million parameters.
DpnLayout dpn92();
DpnLayout dpn98();
// Eight blocks, 26 layers deep as those are counted, for images of 32 x 32: 0.78 million
// parameters, and 14 million multiplications an image where DPN-92 takes 6.5 billion.
DpnLayout dpn26_small();

// Batch normalisation, ReLU, convolution without bias, in this order.
class NormConv : public torch::nn::Module {
 public:
  explicit NormConv(const torch::nn::Conv2dOptions& options);
  torch::Tensor forward(const torch::Tensor& inputs);

 private:
  torch::nn::BatchNorm2d norm_{nullptr};
  torch::nn::Conv2d conv_{nullptr};
};

// What a block gives and takes: images whose first channels are added to (the residual path) and
// whose others are appended to (the dense path).
class DualPathBlock : public torch::nn::Module {
 public:
  // The first block of a stage also brings both paths to the stage's channels and size.
  DualPathBlock(std::int64_t inputs, const DpnLayout::Stage& stage, std::int64_t groups,
                bool first);

  // [batch, inputs, rows, cols] -> [batch, outputs(), rows / stride, cols / stride], rounded up
  torch::Tensor forward(const torch::Tensor& inputs);
  std::int64_t outputs() const { return outputs_; }

 private:
  const std::int64_t residual_;
  const std::int64_t outputs_;
  std::shared_ptr<NormConv> shortcut_;  // null unless first
  std::shared_ptr<NormConv> reduce_;
  std::shared_ptr<NormConv> grouped_;
  std::shared_ptr<NormConv> expand_;
};

// Images to `outputs` numbers each: [batch, channels, rows, cols] float32, of any size from 1 x 1
// pixel -> [batch, outputs]. Fastest on images that are channels-last in memory.
//
// Throws c10::Error if the layout makes no sense (no stages, channels that are not positive, or no
// multiple of the groups) or the images do not fit it. Not thread-safe.
class DualPathNetwork : public torch::nn::Module {
 public:
  explicit DualPathNetwork(const DpnLayout& layout);
  torch::Tensor forward(const torch::Tensor& images);

 private:
  const bool pool_;
  torch::nn::Conv2d stem_{nullptr};
  torch::nn::BatchNorm2d stem_norm_{nullptr};
  std::vector<std::shared_ptr<DualPathBlock>> blocks_;
  torch::nn::BatchNorm2d norm_{nullptr};
  torch::nn::Linear head_{nullptr};
};

}  // namespace bittensor
