// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/synapse/inputs.h"
#include "bittensor/tensor/compression.h"
#include "bittensor/v1/axon.pb.h"

namespace bittensor {

// The size of every answer's last dimension unless a synapse says otherwise.
inline constexpr std::int64_t kDefaultNetworkDim = 1024;

// What a synapse predicts besides its output: one of `classes` classes. Synapses whose tasks have
// the same name and number of classes mean the same by a class.
struct Task {
  std::string name;  // "" : none
  std::int64_t classes = 0;

  bool defined() const { return !name.empty(); }
  bool operator==(const Task& other) const {
    return name == other.name && classes == other.classes;
  }
};

// What a synapse takes and gives. It travels with the neuron's record, so that
// a mismatch is known before anything is sent.
struct Schema {
  Modality modality = Modality::kImage;
  at::ScalarType dtype = at::kFloat;  // of the inputs; means nothing for text
  std::vector<std::int64_t> shape;    // of one row of the inputs, without batch; -1: any size
  std::int64_t network_dim = kDefaultNetworkDim;
  // In which the axon takes float32 inputs and gradients; every axon of this program takes all.
  CompressionSet compressions = CompressionSet::all();
  Task task = {};

  // Whether a synapse with this schema takes `inputs`: modality, dtype, shape, at least one
  // row, finite values. kInvalidArgument says what was expected and what came, kUnimplemented
  // that the modality is another.
  absl::Status check(const Inputs& inputs) const;

  // Like check() without looking at the values: cheap, for the sender.
  absl::Status check_shape(const Inputs& inputs) const;
};

v1::Modality to_proto(Modality modality);
// kInvalidArgument for one that a stranger made up.
absl::StatusOr<Modality> from_proto(v1::Modality modality);

v1::Task to_proto(const Task& task);
// kInvalidArgument if a stranger's task is not valid: a name of more than 64 bytes, or a number of
// classes not in [1, 65536]. An empty name is no task.
absl::StatusOr<Task> from_proto(const v1::Task& task);

v1::Schema to_proto(const Schema& schema);
// kInvalidArgument if a stranger's schema is not valid: unknown modality or dtype, more than 7
// dimensions, a size that is neither positive nor -1, an image without its 3 dimensions,
// network_dim not in [1, 65536].
absl::StatusOr<Schema> from_proto(const v1::Schema& schema);

// "image float32 [batch, 1, -1, -1] -> [batch, 1024]", "text -> [batch, sequence, 1024]"
std::string to_string(const Schema& schema);

}  // namespace bittensor
