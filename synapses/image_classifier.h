// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "synapses/class_losses.h"
#include "synapses/student_synapse.h"
#include "torch/nn/modules/linear.h"

#include "bittensor/synapse/network_view.h"
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
// The local path joins context and guess; the network path sees the network context alone
// (student_synapse.h).
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
// Not thread-safe.
class ImageClassifier : public StudentSynapse {
 public:
  // The label of a sample whose class is unknown, as cross_entropy's ignore_index in PyTorch: the
  // target losses leave it out, and the local path learns from the network's opinion of it.
  static constexpr std::int64_t kNoLabel = kUnknownClass;

  struct Sizes {
    std::int64_t network_dim = kDefaultNetworkDim;
    std::int64_t classes = 10;
    std::string task = {};       // what the classes mean, see Task; "": answers without predictions
    std::int64_t student = 128;  // hidden units of the student
    std::int64_t joint = 256;    // hidden units of the joint part
  };

  // The default sizes of a model that predicts the classes of `task`.
  static Sizes of_task(std::string task) {
    Sizes sizes;
    sizes.task = std::move(task);
    return sizes;
  }

  // The context of `images` [batch, channels, rows, cols]: [batch, network_dim].
  virtual torch::Tensor encode(const torch::Tensor& images) = 0;

  // The local path of a batch, `labels` int64 [batch], kNoLabel where
  // unknown. All that a test step needs.
  LocalPass forward_local(const torch::Tensor& context, const torch::Tensor& labels);

  // The whole step: adds the network's fields, and loss is
  // local_target_loss + network_target_loss + distillation_loss. The gradient of network.context
  // comes from network_target_loss alone. network_output is made of that context alone, held to
  // [-1, 1] (student_synapse.h). On unlabelled samples, and on the others as far as network.trust
  // says, the local path learns the network's prediction or, without one, network_target's.
  SynapseOutput forward_network(LocalPass local, const torch::Tensor& labels,
                                const NetworkView& network);
  SynapseOutput forward_network(LocalPass local, const torch::Tensor& labels,
                                const torch::Tensor& network_context) {
    return forward_network(std::move(local), labels, NetworkView{network_context, {}, 0});
  }

  // All of a step at once; without a network context, the local path only.
  SynapseOutput forward(const torch::Tensor& images, const torch::Tensor& labels,
                        const torch::Tensor& network_context = {});

  // What others get: local_output, [batch, network_dim].
  torch::Tensor forward_image(const torch::Tensor& images) final;

  // Logits [batch, classes] that belong to local outputs.
  torch::Tensor predict(const torch::Tensor& outputs) final { return target_->forward(outputs); }

 protected:
  explicit ImageClassifier(const Sizes& sizes);
  // Of a model that takes float32 images of `shape`, [channels, rows, cols]; -1: any size.
  Schema image_schema(std::vector<std::int64_t> shape) const;

 private:
  const Sizes sizes_;
  torch::nn::Linear target_{nullptr};
};

}  // namespace bittensor
