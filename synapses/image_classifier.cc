// SPDX-License-Identifier: MIT
#include "synapses/image_classifier.h"

#include <utility>

#include "torch/torch.h"

namespace bittensor {

namespace {

// The mean cross-entropy of the samples whose label is known; 0 if there is none.
torch::Tensor target_loss(const torch::Tensor& logits, const torch::Tensor& labels) {
  const auto sum = torch::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::Sum,
                                             ImageClassifier::kNoLabel);
  return sum / labels.ne(ImageClassifier::kNoLabel).sum().clamp_min(1);
}

// How far the local path is from what the network thinks: the mean Kullback-Leibler divergence of
// Hinton et al. 2015, "Distilling the knowledge in a neural network", arXiv 1503.02531, at
// temperature 1. Samples that nobody labelled count in full, of the others the label knows more:
// they count as far as the network is to be trusted. `teacher`: log-probabilities.
torch::Tensor prediction_loss(const torch::Tensor& local, const torch::Tensor& teacher,
                              const torch::Tensor& labels, double trust) {
  const auto unlabelled = labels.eq(ImageClassifier::kNoLabel);
  const auto mean = [&](const torch::Tensor& divergence, const torch::Tensor& of) {
    return (divergence * of).sum() / of.sum().clamp_min(1);
  };
  if (trust == 0 && !unlabelled.any().item<bool>()) return torch::zeros({}, local.options());
  const auto divergence = torch::kl_div(local.log_softmax(1), teacher.detach(), at::Reduction::None,
                                        /*log_target=*/true)
                              .sum(1);
  return mean(divergence, unlabelled) + trust * mean(divergence, ~unlabelled);
}

}  // namespace

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
