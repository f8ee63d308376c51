// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "bittensor/synapse/inputs.h"
#include "bittensor/synapse/schema.h"

namespace bittensor {

// How the values of a picture, in [0, 1], become a model's: (value - mean) / deviation, one of
// each for all channels or one a channel.
struct Normalisation {
  std::vector<double> mean = {0};
  std::vector<double> deviation = {1};
};

// A batch for a synapse of `schema` from what a user names.
//
// For text, `input` is the text itself. Otherwise it is a file: a picture (PNG, JPEG) for images
// (grey or in colour as the schema wants, brought to its size), or one tensor, as torch.save()
// wrote it, of the batch or of one row of it.
//
// kNotFound if there is no such file; kInvalidArgument, with its name, if it holds something else
// or does not fit the schema.
absl::StatusOr<Inputs> query_input(const std::string& input, const Schema& schema,
                                   const Normalisation& normalisation);

}  // namespace bittensor
