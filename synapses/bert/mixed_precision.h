// SPDX-License-Identifier: MIT
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "c10/core/Device.h"

namespace bittensor {

// In what matrices are multiplied. Parameters, sums over residuals, norms, softmax and losses stay
// float32 in either (Micikevicius et al. 2017, "Mixed precision training", arXiv:1710.03740).
// bfloat16 has float32's range: gradients need no scaling.
enum class Precision { kFloat32, kBfloat16 };

// "float32" or "bfloat16"; kInvalidArgument for anything else.
absl::StatusOr<Precision> parse_precision(absl::string_view name);

// While one lives, this thread multiplies so on `device`: PyTorch's autocast, for forward passes.
class MixedPrecision {
 public:
  MixedPrecision(Precision precision, const c10::Device& device);
  ~MixedPrecision();
  MixedPrecision(const MixedPrecision&) = delete;
  MixedPrecision& operator=(const MixedPrecision&) = delete;

 private:
  const bool on_;
  const c10::DeviceType device_;
  bool before_ = false;
};

}  // namespace bittensor
