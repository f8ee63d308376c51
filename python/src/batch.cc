// SPDX-License-Identifier: MIT
#include "python/src/batch.h"

#include "absl/strings/str_cat.h"
#include "python/src/gil.h"

namespace bittensor::python {

Inputs inputs_of(Modality modality, Batch batch) {
  const bool text = std::holds_alternative<std::vector<std::string>>(batch);
  if (text != (modality == Modality::kText)) {
    throw py::type_error(text ? absl::StrCat("a list of str for ", to_string(modality), " inputs")
                              : "a tensor for text: a list of str is needed");
  }
  if (text) return Inputs::of_text(std::get<std::vector<std::string>>(std::move(batch)));
  return {modality, std::get<at::Tensor>(std::move(batch)), {}};
}

Batch batch_of(const Inputs& inputs) {
  if (inputs.modality == Modality::kText) return inputs.text;
  return inputs.tensor;
}

Modality modality_of(const std::string& name) {
  for (const Modality modality : {Modality::kText, Modality::kImage, Modality::kTensor}) {
    if (name == to_string(modality)) return modality;
  }
  throw py::value_error(absl::StrCat("no modality '", name, "': text, image or tensor"));
}

}  // namespace bittensor::python
