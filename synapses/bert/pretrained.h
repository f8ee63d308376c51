// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "synapses/bert/bert_synapse.h"

namespace bittensor {

// The BERT of a neuron's checkpoint, in evaluation mode, with its tokenizer.
//
// kNotFound; kInvalidArgument or kDataLoss, with the path, for what is no such file or lacks
// parameters. Takes memory in proportion to what is read.
absl::StatusOr<std::shared_ptr<BertSynapse>> load_bert(const std::string& path);

// A neuron's BERT that begins as the one of a folder as transformers saves it, of any of its
// classes. What pre-training needs and the folder lacks, pooler and heads, begins anew: the names
// of those parameters go to `fresh`. Rows of the vocabulary that no token of the tokenizer has are
// left out. Errors as read_bert()'s and open_bert_tokenizer()'s.
absl::StatusOr<std::shared_ptr<BertSynapse>> bert_from_folder(const std::string& folder,
                                                              std::vector<std::string>& fresh);

}  // namespace bittensor
