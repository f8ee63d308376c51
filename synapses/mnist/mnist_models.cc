// SPDX-License-Identifier: MIT
#include "synapses/mnist/mnist_models.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "synapses/mnist/conv_synapse.h"
#include "synapses/mnist/mnist_synapse.h"

namespace bittensor {
namespace {

std::shared_ptr<ImageClassifier> mnist_synapse(std::int64_t encoder, bool deep = false) {
  MnistSynapse::Options options;
  options.encoder = encoder;
  options.deep = deep;
  return std::make_shared<MnistSynapse>(options);
}

}  // namespace

std::vector<std::string> mnist_models() {
  return {"plain", "wide", "narrow", "deep", "conv"};
}

absl::StatusOr<std::shared_ptr<ImageClassifier>> make_mnist_model(const std::string& name) {
  if (name == "plain") return mnist_synapse(512);
  if (name == "wide") return mnist_synapse(1024);
  if (name == "narrow") return mnist_synapse(128);
  if (name == "deep") return mnist_synapse(512, /*deep=*/true);
  if (name == "conv") return std::make_shared<ConvSynapse>();
  return absl::InvalidArgumentError(
      absl::StrCat("no model '", name, "'; there are ", absl::StrJoin(mnist_models(), ", ")));
}

}  // namespace bittensor
