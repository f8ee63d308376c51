// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "c10/core/Device.h"

#include "bittensor/synapse/synapse.h"

namespace bittensor {

// The synapse of a trained model that lies at `path`, on `device`, in evaluation mode: a folder
// with a BERT as transformers saves it (synapses/bert/bert_expert.h), the checkpoint of a BERT
// neuron (synapses/bert/pretrained.h), or a file of TorchScript (synapses/script/script_synapse.h),
// which alone needs a `schema`.
//
// kNotFound if nothing is there; kInvalidArgument if it is no model, does not fit the schema or
// needs one. Errors name the path.
absl::StatusOr<std::shared_ptr<Synapse>> model_synapse(const std::string& path,
                                                       const std::optional<Schema>& schema,
                                                       c10::Device device);

}  // namespace bittensor
