// SPDX-License-Identifier: MIT
#include "app/model_synapse.h"

#include "absl/strings/str_cat.h"
#include "synapses/script/script_synapse.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {

absl::StatusOr<std::shared_ptr<Synapse>> model_synapse(const std::string& path,
                                                       const std::optional<Schema>& schema,
                                                       c10::Device device) {
  if (!schema) {
    return absl::InvalidArgumentError(
        absl::StrCat("what ", path, " takes is not known: --schema image:3x32x32 or the like"));
  }
  BITTENSOR_ASSIGN_OR_RETURN(auto synapse, ScriptSynapse::open(path, *schema, device));
  return std::static_pointer_cast<Synapse>(std::move(synapse));
}

}  // namespace bittensor
