// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/base/staged_file.h"
#include "bittensor/toolbox/checkpoint.h"

// The file of a checkpoint: see docs/checkpoints.md.
namespace bittensor::internal {

// The comment of the ZIP archive, which ends the file:
//   FORMAT " index=" OFFSET "+" SIZE " blake2b=" HASH
// OFFSET and SIZE, 16 hexadecimal digits each, say where the index lies; HASH, 128 digits,
// is BLAKE2b of all bytes of the file before it.
constexpr char kFormat[] = "bittensor-checkpoint-v1";
constexpr std::size_t kHashDigits = 128;
constexpr std::size_t kCommentSize = sizeof(kFormat) - 1 + sizeof(" index=") - 1 + 16 + 1 + 16 +
                                     sizeof(" blake2b=") - 1 + kHashDigits;

// The index is JSON:
//   {"kind", "epoch", "step", "best_test_loss": number or null, "config": {name: text},
//    "optimizer_kind", "tensors": {section: {name: {"dtype", "shape", "offset"}}}}
// with sections "synapse", "router" and "optimizer", and "neuron" where there is one. The elements
// of a tensor lie at `offset` from the start of the file, row-major, little-endian.

// May throw what libtorch throws.
absl::Status write_archive(const Checkpoint& checkpoint, StagedFile& file);

// May throw what libtorch throws. Messages do not name the file.
absl::StatusOr<Checkpoint> read_archive(const std::string& path);

}  // namespace bittensor::internal
