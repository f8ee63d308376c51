// SPDX-License-Identifier: MIT
#include "examples/image_neuron.h"

#include <utility>

#include "torch/torch.h"

#include "bittensor/neuron/sgd.h"

namespace bittensor {
namespace {

class ImageMiniBatch : public MiniBatch {
 public:
  ImageMiniBatch(ImageClassifier& synapse, const Batch& batch, c10::Device device)
      : synapse_(synapse),
        inputs_(Inputs::of_image(batch.images.to(device))),
        labels_(batch.labels.to(device)) {}

  std::int64_t size() const override { return labels_.size(0); }
  const Inputs& inputs() const override { return inputs_; }

  at::Tensor context() override { return context_ = synapse_.encode(inputs_.tensor); }
  SynapseOutput forward_local() override {
    local_ = synapse_.forward_local(context_, labels_);
    return output_ = local_.output;
  }
  SynapseOutput forward_network(const at::Tensor& network_context) override {
    return output_ = synapse_.forward_network(std::move(local_), labels_, network_context);
  }

  void score(bool network, TestSums& sums) const override {
    const at::Tensor& logits = network ? output_.network_target : output_.local_target;
    const at::Tensor& loss = network ? output_.network_target_loss : output_.local_target_loss;
    sums["loss"].add(loss.item<double>() * static_cast<double>(size()), size());
    sums["accuracy"].add((logits.argmax(1) == labels_).sum().item<double>(), size());
  }

 private:
  ImageClassifier& synapse_;
  const Inputs inputs_;  // [batch, channels, rows, cols]
  const at::Tensor labels_;
  at::Tensor context_;
  LocalPass local_;
  SynapseOutput output_;
};

}  // namespace

absl::Status run_image_neuron(const NeuronOptions& options, ImageTask task, c10::Device device) {
  const auto on_device = [&](const Batch& batch) {
    return std::make_unique<ImageMiniBatch>(*task.synapse, batch, device);
  };
  NeuronTask neuron;
  neuron.kind = task.kind;
  neuron.synapse = task.synapse;
  neuron.train = [&](std::int64_t step) { return on_device(task.train(step)); };
  neuron.steps_per_epoch = task.steps_per_epoch;
  neuron.train_samples = task.train_images;
  neuron.test = [&](std::int64_t step) { return on_device(task.test.at(step)); };
  neuron.test_batches = task.test.per_epoch();
  neuron.optimizer = [&](std::vector<at::Tensor> parameters) {
    return std::make_unique<Sgd>(std::move(parameters), task.optimizer);
  };
  neuron.schedule = task.schedule;
  return run_neuron(options, neuron);
}

LabelledImages limited(const LabelledImages& images, std::int64_t count) {
  return count > 0 ? images.first(count) : images;
}

}  // namespace bittensor
