// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "synapses/bert/bert_synapse.h"

namespace bittensor {

// A trained BERT, in evaluation mode: from a folder with Hugging Face's config.json, vocab.txt and
// model.safetensors or pytorch_model.bin, or from the checkpoint of a BERT neuron.
//
// kNotFound; kInvalidArgument or kDataLoss, with the path, for what is no such folder or file or
// lacks parameters. Takes memory in proportion to what is read.
absl::StatusOr<std::shared_ptr<BertSynapse>> load_bert(const std::string& path);

}  // namespace bittensor
