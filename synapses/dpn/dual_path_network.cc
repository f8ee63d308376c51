// SPDX-License-Identifier: MIT
#include "synapses/dpn/dual_path_network.h"

#include <memory>
#include <string>

#include "torch/nn/modules/batchnorm.h"
#include "torch/nn/modules/container/modulelist.h"
#include "torch/nn/modules/conv.h"
#include "torch/nn/modules/linear.h"
#include "torch/types.h"

namespace bittensor {
namespace {

torch::nn::Conv2dOptions convolution(std::int64_t inputs, std::int64_t outputs, std::int64_t kernel,
                                     std::int64_t stride = 1, std::int64_t groups = 1) {
  return torch::nn::Conv2dOptions(inputs, outputs, kernel)
      .stride(stride)
      .padding(kernel / 2)
      .groups(groups)
      .bias(false);
}

// libtorch looks at some of these itself, but only when the network is first used.
void check(const DpnLayout& layout) {
  TORCH_CHECK(!layout.stages.empty(), "a Dual Path Network without stages");
  TORCH_CHECK(layout.channels > 0 && layout.groups > 0 && layout.outputs > 0, layout.channels,
              " channels, ", layout.groups, " groups, ", layout.outputs, " outputs");
  const DpnLayout::Stem& stem = layout.stem;
  TORCH_CHECK(stem.channels > 0 && stem.stride > 0 && stem.kernel > 0 && stem.kernel % 2 == 1,
              "a stem of ", stem.channels, " channels, kernel ", stem.kernel, ", stride ",
              stem.stride);
  for (const DpnLayout::Stage& stage : layout.stages) {
    TORCH_CHECK(stage.blocks > 0 && stage.residual > 0 && stage.dense > 0 && stage.stride > 0,
                "a stage of ", stage.blocks, " blocks, ", stage.residual, " residual and ",
                stage.dense, " dense channels, stride ", stage.stride);
    TORCH_CHECK(stage.grouped > 0 && stage.grouped % layout.groups == 0, stage.grouped,
                " channels in ", layout.groups, " groups");
  }
}

}  // namespace

DpnLayout dpn92() {
  DpnLayout layout;
  layout.stages = {
      {3, 96, 256, 16, 1}, {4, 192, 512, 32, 2}, {20, 384, 1024, 24, 2}, {3, 768, 2048, 128, 2}};
  return layout;
}

DpnLayout dpn98() {
  DpnLayout layout;
  layout.stem.channels = 96;
  layout.groups = 40;
  layout.stages = {
      {3, 160, 256, 16, 1}, {6, 320, 512, 32, 2}, {20, 640, 1024, 32, 2}, {3, 1280, 2048, 128, 2}};
  return layout;
}

DpnLayout dpn26_small() {
  DpnLayout layout;
  layout.stem = {/*channels=*/24, /*kernel=*/3, /*stride=*/1, /*pool=*/true};
  layout.groups = 4;
  layout.stages = {{1, 32, 48, 8, 1}, {2, 64, 96, 16, 2}, {5, 128, 192, 16, 2}};
  return layout;
}

NormConv::NormConv(const torch::nn::Conv2dOptions& options) {
  norm_ = register_module("norm", torch::nn::BatchNorm2d(options.in_channels()));
  conv_ = register_module("conv", torch::nn::Conv2d(options));
}

torch::Tensor NormConv::forward(const torch::Tensor& inputs) {
  return conv_->forward(torch::relu(norm_->forward(inputs)));
}

DualPathBlock::DualPathBlock(std::int64_t inputs, const DpnLayout::Stage& stage,
                             std::int64_t groups, bool first)
    : residual_(stage.residual),
      outputs_(first ? stage.residual + 3 * stage.dense : inputs + stage.dense) {
  const auto part = [this](const std::string& name, const torch::nn::Conv2dOptions& options) {
    return register_module(name, std::make_shared<NormConv>(options));
  };
  const std::int64_t stride = first ? stage.stride : 1;
  if (first) {
    const std::int64_t both = stage.residual + 2 * stage.dense;
    shortcut_ = part("shortcut", convolution(inputs, both, 1, stride));
  }
  reduce_ = part("reduce", convolution(inputs, stage.grouped, 1));
  grouped_ = part("grouped", convolution(stage.grouped, stage.grouped, 3, stride, groups));
  expand_ = part("expand", convolution(stage.grouped, stage.residual + stage.dense, 1));
}

torch::Tensor DualPathBlock::forward(const torch::Tensor& inputs) {
  const torch::Tensor old = shortcut_ ? shortcut_->forward(inputs) : inputs;
  const torch::Tensor made = expand_->forward(grouped_->forward(reduce_->forward(inputs)));
  // Not two slices each: the gradient of a slice is a whole tensor of zeros, and a sum.
  const auto old_paths = old.split_with_sizes({residual_, old.size(1) - residual_}, 1);
  const auto new_paths = made.split_with_sizes({residual_, made.size(1) - residual_}, 1);
  return torch::cat({old_paths[0] + new_paths[0], old_paths[1], new_paths[1]}, 1);
}

DualPathNetwork::DualPathNetwork(const DpnLayout& layout) : pool_(layout.stem.pool) {
  check(layout);
  std::int64_t width = layout.stem.channels;
  stem_ =
      register_module("stem", torch::nn::Conv2d(convolution(
                                  layout.channels, width, layout.stem.kernel, layout.stem.stride)));
  stem_norm_ = register_module("stem_norm", torch::nn::BatchNorm2d(width));
  torch::nn::ModuleList blocks;
  for (const DpnLayout::Stage& stage : layout.stages) {
    for (std::int64_t i = 0; i < stage.blocks; ++i) {
      blocks_.push_back(std::make_shared<DualPathBlock>(width, stage, layout.groups, i == 0));
      blocks->push_back(blocks_.back());
      width = blocks_.back()->outputs();
    }
  }
  register_module("blocks", blocks);
  norm_ = register_module("norm", torch::nn::BatchNorm2d(width));
  head_ = register_module("head", torch::nn::Linear(width, layout.outputs));
}

torch::Tensor DualPathNetwork::forward(const torch::Tensor& images) {
  torch::Tensor features = torch::relu(stem_norm_->forward(stem_->forward(images)));
  if (pool_) features = torch::max_pool2d(features, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  for (const auto& block : blocks_) features = block->forward(features);
  features = torch::relu(norm_->forward(features)).mean({2, 3});  // [batch, width]
  return head_->forward(features);
}

}  // namespace bittensor
