// SPDX-License-Identifier: MIT
#pragma once

#include "torch/nn/modules/container/sequential.h"
#include "torch/nn/modules/linear.h"

#include "bittensor/synapse/synapse.h"
#include "bittensor/synapse/synapse_output.h"

namespace bittensor {

// The half of a step that needs no network: it is computed while the requests travel.
struct LocalPass {
  SynapseOutput output;  // the local fields; loss is local_target_loss
  at::Tensor context;    // [batch, network_dim]: what encode() gave
  at::Tensor student;    // [batch, network_dim]: the student's guess of the network context
};

// A synapse that tells classes of images apart. A model adds its encoder:
//
//   images ─encode()─► context ─student─► guess of the network context
//                         └───────+───────┘
//                                 ▼
//           network context ──► joint ──► output ─target─► logits
//
// The local path joins context and guess; the network path sees the network context alone. With
// few labels of its own a model learns them by heart: were its context beside the others' answers
// there, the network path would look at nothing else.
//
// One training step, which computes the encoder once:
//
//   auto context = synapse.encode(images);
//   ... ask others, by context.detach() ...
//   auto local = synapse.forward_local(context, labels);
//   ... their joined answers are network_context ...
//   auto output = synapse.forward_network(std::move(local), labels, network_context);
//   output.loss.backward();
//
// Every output lies in (-1, 1), and a network context is held to [-1, 1]: what a peer answers
// cannot make the loss or its gradient explode. Not thread-safe.
class ImageClassifier : public Synapse {
 public:
  // The label of a sample whose class nobody told, as cross_entropy's ignore_index in PyTorch: the
  // target losses leave it out, and the local path learns from the network's opinion of it.
  static constexpr std::int64_t kNoLabel = -100;

  struct Sizes {
    std::int64_t network_dim = kDefaultNetworkDim;
    std::int64_t classes = 10;
    std::int64_t student = 128;  // hidden units of the student
    std::int64_t joint = 256;    // hidden units of the joint part
  };

  // The context of `images` [batch, channels, rows, cols]: [batch, network_dim].
  virtual torch::Tensor encode(const torch::Tensor& images) = 0;

  // The local path of a batch, `labels` int64 [batch], kNoLabel where
  // unknown. All that a test step needs.
  //
  // The student learns from the context, but the context does not learn from the student:
  // being easy to imitate is no merit of an encoder.
  LocalPass forward_local(const torch::Tensor& context, const torch::Tensor& labels);

  // The whole step: adds the network's fields, and loss is
  // local_target_loss + network_target_loss + distillation_loss. `network_context` is
  // [batch, network_dim]; its gradient comes from network_target_loss alone.
  SynapseOutput forward_network(LocalPass local, const torch::Tensor& labels,
                                const torch::Tensor& network_context);

  // All of a step at once; without a network context, the local path only.
  SynapseOutput forward(const torch::Tensor& images, const torch::Tensor& labels,
                        const torch::Tensor& network_context = {});

  // What others get: local_output, [batch, network_dim].
  torch::Tensor forward_image(const torch::Tensor& images) final;

 protected:
  explicit ImageClassifier(const Sizes& sizes);

 private:
  torch::Tensor student_of(const torch::Tensor& context);
  torch::Tensor output_of(const torch::Tensor& joined, const torch::Tensor& past);

  torch::nn::Sequential student_{nullptr};
  torch::nn::Sequential joint_{nullptr};
  torch::nn::Linear target_{nullptr};
};

}  // namespace bittensor
