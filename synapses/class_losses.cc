// SPDX-License-Identifier: MIT
#include "synapses/class_losses.h"

#include "torch/types.h"

namespace bittensor {

at::Tensor target_loss(const at::Tensor& logits, const at::Tensor& labels) {
  const auto sum =
      torch::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::Sum, kUnknownClass);
  return sum / labels.ne(kUnknownClass).sum().clamp_min(1);
}

at::Tensor prediction_loss(const at::Tensor& local, const at::Tensor& teacher,
                           const at::Tensor& labels, double trust) {
  const auto unlabelled = labels.eq(kUnknownClass);
  const auto mean = [&](const at::Tensor& divergence, const at::Tensor& of) {
    return (divergence * of).sum() / of.sum().clamp_min(1);
  };
  if (trust == 0 && !unlabelled.any().item<bool>()) return torch::zeros({}, local.options());
  const auto divergence = torch::kl_div(local.log_softmax(1), teacher.detach(), at::Reduction::None,
                                        /*log_target=*/true)
                              .sum(1);
  return mean(divergence, unlabelled) + trust * mean(divergence, ~unlabelled);
}

}  // namespace bittensor
