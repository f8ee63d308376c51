// SPDX-License-Identifier: MIT
#include "synapses/image_mini_batch.h"

#include <utility>

#include "torch/types.h"

namespace bittensor {
namespace {

class ImageMiniBatch : public MiniBatch {
 public:
  ImageMiniBatch(ImageClassifier& synapse, at::Tensor images, at::Tensor labels)
      : synapse_(synapse),
        inputs_(Inputs::of_image(std::move(images))),
        labels_(std::move(labels)) {}

  std::int64_t size() const override { return labels_.size(0); }
  const Inputs& inputs() const override { return inputs_; }
  at::Tensor labels() const override { return labels_; }

  at::Tensor context() override { return context_ = synapse_.encode(inputs_.tensor); }
  SynapseOutput forward_local() override {
    local_ = synapse_.forward_local(context_, labels_);
    return output_ = local_.output;
  }
  SynapseOutput forward_network(const NetworkView& network) override {
    return output_ = synapse_.forward_network(std::move(local_), labels_, network);
  }

  Lesson lesson(const at::Tensor& rows) const override {
    Lesson lesson;
    lesson.labels = labels_.cpu().index_select(0, rows);
    return lesson;
  }

  // Of images of another size nothing is learnt: they would not fit into one batch.
  at::Tensor lesson_loss(const std::vector<Lesson>& lessons) override {
    std::vector<at::Tensor> images;
    std::vector<at::Tensor> labels;
    for (const Lesson& lesson : lessons) {
      const at::Tensor& tensor = lesson.inputs.tensor;
      if (!tensor.defined() || tensor.dim() != 4 || !lesson.labels.defined()) continue;
      if (tensor.sizes().slice(1) != inputs_.tensor.sizes().slice(1)) continue;
      images.push_back(tensor.to(inputs_.tensor.options()));
      labels.push_back(lesson.labels);
    }
    if (images.empty()) return {};
    const std::int64_t classes = output_.local_target.size(1);
    const at::Tensor said = at::cat(labels).to(labels_.device());
    const at::Tensor known =
        said.masked_fill(said.lt(0).logical_or(said.ge(classes)), ImageClassifier::kNoLabel);
    return synapse_.forward_local(synapse_.encode(at::cat(images)), known).output.local_target_loss;
  }

  at::Tensor predicted(bool network) const override { return logits(network).argmax(1); }

  void score(bool network, TestSums& sums) const override {
    const at::Tensor& logits = this->logits(network);
    const at::Tensor loss = torch::cross_entropy_loss(logits, labels_);
    sums["loss"].add(loss.item<double>() * static_cast<double>(size()), size());
    sums["accuracy"].add((logits.argmax(1) == labels_).sum().item<double>(), size());
  }

 private:
  const at::Tensor& logits(bool network) const {
    if (!network || !output_.network_target.defined()) return output_.local_target;
    return output_.network_prediction.defined() ? output_.network_prediction
                                                : output_.network_target;
  }

  ImageClassifier& synapse_;
  const Inputs inputs_;  // [batch, channels, rows, cols]
  const at::Tensor labels_;
  at::Tensor context_;
  LocalPass local_;
  SynapseOutput output_;
};

}  // namespace

std::unique_ptr<MiniBatch> make_image_mini_batch(ImageClassifier& synapse, at::Tensor images,
                                                 at::Tensor labels) {
  return std::make_unique<ImageMiniBatch>(synapse, std::move(images), std::move(labels));
}

}  // namespace bittensor
