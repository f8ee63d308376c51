// SPDX-License-Identifier: MIT
#include "app/model_synapse.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "synapses/bert/bert_expert.h"
#include "synapses/bert/pretrained.h"
#include "synapses/script/script_synapse.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/wrong_file.h"

namespace bittensor {
namespace {

// A BERT takes text, whatever the user says it takes.
absl::Status check_is_text(const std::string& path, const std::optional<Schema>& schema) {
  if (!schema || schema->modality == Modality::kText) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": a BERT takes text, not ", to_string(*schema)));
}

absl::StatusOr<std::shared_ptr<Synapse>> file_without_schema(const std::string& path,
                                                             c10::Device device) {
  BITTENSOR_RETURN_IF_ERROR(check_is_not_wrong(path));
  const auto neuron = load_bert(path);
  if (!neuron.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     ": no BERT neuron's checkpoint, and what else takes must be said: --schema "
                     "image:3x32x32 or the like"));
  }
  (*neuron)->to(device);
  return std::static_pointer_cast<Synapse>(*neuron);
}

}  // namespace

absl::StatusOr<std::shared_ptr<Synapse>> model_synapse(const std::string& path,
                                                       const std::optional<Schema>& schema,
                                                       c10::Device device) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    BITTENSOR_RETURN_IF_ERROR(check_is_text(path, schema));
    BITTENSOR_ASSIGN_OR_RETURN(auto expert, BertExpert::open(path, device));
    return std::static_pointer_cast<Synapse>(std::move(expert));
  }
  if (!schema) return file_without_schema(path, device);
  BITTENSOR_ASSIGN_OR_RETURN(auto synapse, ScriptSynapse::open(path, *schema, device));
  return std::static_pointer_cast<Synapse>(std::move(synapse));
}

}  // namespace bittensor
