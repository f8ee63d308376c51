// SPDX-License-Identifier: MIT
#pragma once

#include "ATen/core/Tensor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// An activation function; it may compute in the place of its argument where no gradient needs that.
using BertActivation = at::Tensor (*)(at::Tensor x);

// That of a name in Hugging Face's config.json ("gelu", "gelu_new", "silu", ...): all of
// transformers' that have no parameters. Null for another name.
BertActivation find_bert_activation(absl::string_view name);

// Whether it is one of transformers' with parameters of its own ("prelu"), which are not supported.
bool bert_activation_has_parameters(absl::string_view name);

}  // namespace bittensor
