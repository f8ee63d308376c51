// SPDX-License-Identifier: MIT
#include "synapses/bert/mixed_precision.h"

#include "ATen/autocast_mode.h"
#include "absl/strings/str_cat.h"
#include "torch/types.h"
#include "torch/version.h"

#include "bittensor/base/abbreviated.h"

namespace bittensor {
namespace {

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
bool is_on(c10::DeviceType device) {
  return at::autocast::is_autocast_enabled(device);
}
void switch_to(c10::DeviceType device, bool on) {
  at::autocast::set_autocast_enabled(device, on);
  if (on) at::autocast::set_autocast_dtype(device, at::kBFloat16);
}
#else
bool is_on(c10::DeviceType device) {
  return device == at::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
}
void switch_to(c10::DeviceType device, bool on) {
  if (device == at::kCPU) {
    at::autocast::set_cpu_enabled(on);
    if (on) at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
  } else {
    at::autocast::set_enabled(on);
    if (on) at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
  }
}
#endif

}  // namespace

absl::StatusOr<Precision> parse_precision(absl::string_view name) {
  if (name == "float32") return Precision::kFloat32;
  if (name == "bfloat16") return Precision::kBfloat16;
  return absl::InvalidArgumentError(
      absl::StrCat("precision ", abbreviated(name, 80), ": it is float32 or bfloat16"));
}

MixedPrecision::MixedPrecision(Precision precision, const c10::Device& device)
    : on_(precision == Precision::kBfloat16), device_(device.type()) {
  if (!on_) return;
  before_ = is_on(device_);
  switch_to(device_, true);
  at::autocast::increment_nesting();
}

MixedPrecision::~MixedPrecision() {
  if (!on_) return;
  // Parameters are rounded once a pass: the next pass may have others.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  switch_to(device_, before_);
}

}  // namespace bittensor
