// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "synapses/image_classifier.h"

namespace bittensor {

// Different models for the same task: neurons on one network need not be alike.
//
//   plain   MnistSynapse with 512 hidden units
//   wide    the same with 1024
//   narrow  with 128
//   deep    with a second layer of 512
//   conv    ConvSynapse
std::vector<std::string> mnist_models();
// kInvalidArgument, with the names there are, for another one.
absl::StatusOr<std::shared_ptr<ImageClassifier>> make_mnist_model(const std::string& name);

}  // namespace bittensor
