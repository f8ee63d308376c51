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

// What the network thinks of the samples that nobody labelled, as labels for the local path:
// the mean Kullback-Leibler divergence of Hinton et al. 2015, "Distilling the knowledge in a
// neural network", arXiv 1503.02531, at temperature 1. Of labelled samples the label knows more.
torch::Tensor unlabelled_loss(const torch::Tensor& local, const torch::Tensor& network,
                              const torch::Tensor& labels) {
  const auto rows = labels.eq(ImageClassifier::kNoLabel).nonzero().flatten();
  if (rows.numel() == 0) return torch::zeros({}, local.options());
  const auto teacher = network.detach().index_select(0, rows).log_softmax(1);
  const auto student = local.index_select(0, rows).log_softmax(1);
  return torch::kl_div(student, teacher, at::Reduction::Sum, /*log_target=*/true) / rows.numel();
}

}  // namespace

ImageClassifier::ImageClassifier(const Sizes& sizes)
    : StudentSynapse(sizes.network_dim, sizes.student, sizes.joint) {
  target_ = register_module("target", torch::nn::Linear(sizes.network_dim, sizes.classes));
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
                                               const torch::Tensor& network_context) {
  const auto bounded = network_context.clamp(-1, 1);
  SynapseOutput output = std::move(local.output);
  output.network_output = output_of(bounded, bounded);
  output.network_target = target_->forward(output.network_output);
  output.network_target_loss = target_loss(output.network_target, labels);
  output.distillation_loss = torch::mse_loss(local.student, bounded.detach()) +
                             unlabelled_loss(output.local_target, output.network_target, labels);
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
