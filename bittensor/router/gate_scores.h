// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "ATen/core/Tensor.h"

namespace bittensor {

// sharpness * cos(query, key) + prior: [batch, n], without a gradient. `query` [batch, d] and
// `keys` [n, d]: float32 or float64 on the CPU, both the same. `prior`: [n], or undefined for none.
at::Tensor gate_logits(const at::Tensor& query, const at::Tensor& keys, const at::Tensor& prior,
                       double sharpness);

// What a gate's choice comes to.
struct GateScores {
  at::Tensor scores;        // [batch, width]: softmax over each row's chosen, zero elsewhere
  at::Tensor balance_loss;  // scalar
};

// Of the `logits` that gate_logits() gave for `query`, `keys` and `sharpness`, with the gradient to
// query and keys: one node of the graph. `chosen`: int64 [batch, k] on the CPU, numbers of keys, -1
// for none. Throws c10::Error if one is out of range. `width` >= n: what lies beyond the keys is
// zero.
//
// The balance loss is `balance` * (n * sum of load * probability - 1): `load` each key's share of
// the choices, `probability` its mean softmax over all keys; as in Fedus et al. 2021, "Switch
// Transformers", arXiv:2101.03961, equations 4 to 6, less its value at balance. Not the squared
// coefficient of variation of Shazeer et al.: that one sees only the scores, whose gradient for
// whoever is not chosen is zero, and cannot call anybody back. Here the softmax over all gives the
// starved a gradient too.
GateScores gate_scores(const at::Tensor& query, const at::Tensor& keys, const at::Tensor& logits,
                       const at::Tensor& chosen, std::int64_t width, double sharpness,
                       double balance);

}  // namespace bittensor
