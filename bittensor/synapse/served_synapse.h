// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/status/statusor.h"

#include "bittensor/base/mutex.h"
#include "bittensor/synapse/synapse.h"

namespace bittensor {

// A frozen copy of a synapse, in evaluation mode, that strangers may call: it
// checks what comes in against the schema, checks what goes out, and turns what
// libtorch throws into a Status.
//
// Thread-safe: calls take turns.
class ServedSynapse {
 public:
  // Whether the caller has looked for NaN and infinite values in what it gives.
  enum class Values { kUnchecked, kKnownFinite };

  // What a backward pass gives; what was not asked for is undefined, or empty.
  struct Gradients {
    at::Tensor inputs;                   // shape of the inputs
    std::vector<at::Tensor> parameters;  // in the order of Module::parameters(); undefined: zero
  };
  struct Wanted {
    bool inputs = true;
    bool parameters = false;
  };

  // Takes a copy of `synapse` as it is now. Throws what Synapse::clone() throws.
  explicit ServedSynapse(const Synapse& synapse);

  const Schema& schema() const { return schema_; }

  // [batch, network_dim]; text [batch, sequence, network_dim], detached, on the inputs' device.
  // kInvalidArgument if the inputs do not fit the schema, kUnimplemented for another modality,
  // kInternal if the synapse throws or answers something else than finite numbers of the shape
  // that its schema says.
  absl::StatusOr<at::Tensor> forward(const Inputs& inputs, Values values = Values::kUnchecked);

  // The logits [batch, classes] of the schema's task that belong to `outputs`, an answer of
  // forward(). kUnimplemented without a task; kInternal as forward().
  absl::StatusOr<at::Tensor> predict(const at::Tensor& outputs);

  // The gradients that are `wanted`, given the gradient of the output. Changes nothing of the
  // synapse. kInvalidArgument if the shapes do not fit or a value is not finite, kUnimplemented
  // for the gradient of text and of integer inputs.
  absl::StatusOr<Gradients> gradients(const Inputs& inputs, const at::Tensor& output_gradient,
                                      Wanted wanted, Values values = Values::kUnchecked);

  // The gradient of the inputs, shape of the inputs, given the gradient of the output.
  // Changes nothing of the synapse. kInvalidArgument if the shapes do not fit or a
  // value is not finite, kUnimplemented for text and for integer inputs.
  absl::StatusOr<at::Tensor> backward(const Inputs& inputs, const at::Tensor& output_gradient,
                                      Values values = Values::kUnchecked);

 private:
  absl::Status check(const Inputs& inputs, Values values) const;

  Mutex mutex_;
  const std::shared_ptr<Synapse> synapse_ BITTENSOR_GUARDED_BY(mutex_);
  const Schema schema_;
};

}  // namespace bittensor
