// SPDX-License-Identifier: MIT
#include "synapses/image_classifier.h"

#include <utility>

#include "synapses/class_losses.h"
#include "torch/nn/modules/linear.h"
#include "torch/types.h"

namespace bittensor {

ImageClassifier::ImageClassifier(const Sizes& sizes)
    : StudentSynapse(sizes.network_dim, sizes.student, sizes.joint), sizes_(sizes) {
  target_ = register_module("target", torch::nn::Linear(sizes.network_dim, sizes.classes));
}

Schema ImageClassifier::image_schema(std::vector<std::int64_t> shape) const {
  Schema schema{Modality::kImage, at::kFloat, std::move(shape), sizes_.network_dim};
  if (!sizes_.task.empty()) schema.task = {sizes_.task, sizes_.classes};
  return schema;
}

LocalPass ImageClassifier::forward_local(const torch::Tensor& context,
                                         const torch::Tensor& labels) {
  LocalPass local;
  local.context = context;
  local.student = student_of(context);
  SynapseOutput& output = local.output;
  output.local_output = output_of(context + local.student, context);
  output.local_target = target_->forward(output.local_output);
  output.local_target_loss = target_loss(output.local_target, labels);
  output.loss = output.local_target_loss;
  return local;
}

SynapseOutput ImageClassifier::forward_network(LocalPass local, const torch::Tensor& labels,
                                               const NetworkView& network) {
  const auto bounded = network.context.clamp(-1, 1);
  SynapseOutput output = std::move(local.output);
  output.network_output = output_of(bounded, bounded);
  output.network_target = target_->forward(output.network_output);
  output.network_target_loss = target_loss(output.network_target, labels);
  output.network_prediction = network.prediction;
  const auto teacher =
      network.prediction.defined() ? network.prediction : output.network_target.log_softmax(1);
  output.distillation_loss = torch::mse_loss(local.student, bounded.detach()) +
                             prediction_loss(output.local_target, teacher, labels, network.trust);
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
  return output_of(context + student_of(context), context);
}

}  // namespace bittensor
