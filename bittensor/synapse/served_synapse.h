// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "ATen/core/Tensor.h"
#include "absl/status/statusor.h"

#include "bittensor/base/mutex.h"
#include "bittensor/synapse/parameter_gradients.h"
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

  // Takes a copy of `synapse` as it is now. Throws what Synapse::clone() throws. With
  // `gradients`, backward() also adds what it would change in the parameters there.
  explicit ServedSynapse(const Synapse& synapse,
                         std::shared_ptr<ParameterGradients> gradients = nullptr);

  const Schema& schema() const { return schema_; }

  // [batch, network_dim]; text [batch, sequence, network_dim], detached, on the inputs' device.
  // kInvalidArgument if the inputs do not fit the schema, kUnimplemented for another modality,
  // kInternal if the synapse throws or answers something else than finite numbers of the shape
  // that its schema says.
  absl::StatusOr<at::Tensor> forward(const Inputs& inputs, Values values = Values::kUnchecked);

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
  // Null, or shared with the axon and the copies served before and after this one.
  const std::shared_ptr<ParameterGradients> gradients_;
};

}  // namespace bittensor
