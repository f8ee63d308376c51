// SPDX-License-Identifier: MIT
#pragma once

#include "ATen/core/Tensor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// An activation function; it may compute in the place of its argument where no gradient needs that.
using BertActivation = at::Tensor (*)(at::Tensor x);

// That of a name in Hugging Face's config.json ("gelu", "gelu_new", "silu", ...); null for a name
// that is unknown or stands for a function with parameters ("prelu").
BertActivation find_bert_activation(absl::string_view name);

}  // namespace bittensor
