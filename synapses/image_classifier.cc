// SPDX-License-Identifier: MIT
#include "synapses/image_classifier.h"

#include <utility>

#include "torch/torch.h"

namespace bittensor {

ImageClassifier::ImageClassifier(const Sizes& sizes) {
  using torch::nn::Linear;
  using torch::nn::ReLU;
  // Narrow in the middle: two square layers of network_dim would hold and move four times
  // the parameters and are not more accurate.
  student_ = register_module("student",
                             torch::nn::Sequential(Linear(sizes.network_dim, sizes.student), ReLU(),
                                                   Linear(sizes.student, sizes.network_dim)));
  joint_ =
      register_module("joint", torch::nn::Sequential(Linear(sizes.network_dim, sizes.joint), ReLU(),
                                                     Linear(sizes.joint, sizes.network_dim)));
  target_ = register_module("target", Linear(sizes.network_dim, sizes.classes));
}

torch::Tensor ImageClassifier::student_of(const torch::Tensor& context) {
  return student_->forward(context.detach());
}

// The context also goes past the joint part, as in K. He et al., "Deep residual learning"
// (2015): the encoder then learns from the first step on.
torch::Tensor ImageClassifier::output_of(const torch::Tensor& context,
                                         const torch::Tensor& network_context) {
  return torch::tanh(joint_->forward(context + network_context) + context);
}

LocalPass ImageClassifier::forward_local(const torch::Tensor& context,
                                         const torch::Tensor& labels) {
  LocalPass local;
  local.context = context;
  local.student = student_of(context);
  SynapseOutput& output = local.output;
  output.local_output = output_of(context, local.student);
  output.local_target = target_->forward(output.local_output);
  output.local_target_loss = torch::cross_entropy_loss(output.local_target, labels);
  output.loss = output.local_target_loss;
  return local;
}

SynapseOutput ImageClassifier::forward_network(LocalPass local, const torch::Tensor& labels,
                                               const torch::Tensor& network_context) {
  const auto bounded = network_context.clamp(-1, 1);
  SynapseOutput output = std::move(local.output);
  output.network_output = output_of(local.context, bounded);
  output.network_target = target_->forward(output.network_output);
  output.network_target_loss = torch::cross_entropy_loss(output.network_target, labels);
  output.distillation_loss = torch::mse_loss(local.student, bounded.detach());
  output.loss = output.local_target_loss + output.network_target_loss + output.distillation_loss;
  return output;
}

SynapseOutput ImageClassifier::forward(const torch::Tensor& images, const torch::Tensor& labels,
                                       const torch::Tensor& network_context) {
  LocalPass local = forward_local(encode(images), labels);
  if (!network_context.defined()) return std::move(local.output);
  return forward_network(std::move(local), labels, network_context);
}

torch::Tensor ImageClassifier::forward_image(const torch::Tensor& images) {
  const torch::Tensor context = encode(images);
  return output_of(context, student_of(context));
}

}  // namespace bittensor
