// SPDX-License-Identifier: MIT
#include "synapses/bert/names.h"

#include <set>
#include <utility>

#include "ATen/ATen.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace bittensor {
namespace {

constexpr absl::string_view kBody = "bert.";
constexpr absl::string_view kWords = "embeddings.word_embeddings.weight";

bool replace_suffix(std::string& name, absl::string_view suffix, absl::string_view by) {
  if (!absl::EndsWith(name, suffix)) return false;
  name.resize(name.size() - suffix.size());
  absl::StrAppend(&name, by);
  return true;
}

// Of a name with slashes, those of TensorFlow's checkpoints. Matrices of layers are turned there.
void from_tensorflow(std::string& name, at::Tensor& tensor) {
  if (!absl::StrContains(name, '/')) return;
  name = absl::StrReplaceAll(name, {{"/", "."}, {"layer_", "layer."}});
  if (replace_suffix(name, ".kernel", ".weight")) {
    if (tensor.dim() == 2) tensor = tensor.t();
  } else if (!replace_suffix(name, ".output_bias", ".bias") &&
             !replace_suffix(name, ".output_weights", ".weight") &&
             absl::EndsWith(name, "_embeddings")) {
    absl::StrAppend(&name, ".weight");
  }
}

// What stands before the names of the body, "bert." included; nothing if that is not one thing.
std::string prefix_of(const TensorMap& weights) {
  std::set<std::string> prefixes;
  for (const auto& [name, tensor] : weights) {
    absl::string_view prefix = name;
    if (absl::ConsumeSuffix(&prefix, kWords) && (prefix.empty() || absl::EndsWith(prefix, "."))) {
      prefixes.emplace(prefix);
    }
  }
  return prefixes.size() == 1 ? *prefixes.begin() : std::string(kBody);
}

bool is_of_no_model(absl::string_view name) {
  return absl::EndsWith(name, "embeddings.position_ids") || absl::EndsWith(name, "adam_m") ||
         absl::EndsWith(name, "adam_v") || name == "global_step";
}

}  // namespace

TensorMap bert_names(const TensorMap& weights) {
  TensorMap plain;
  for (const auto& [written, tensor] : weights) {
    std::string name = written;
    at::Tensor value = tensor;
    from_tensorflow(name, value);
    if (!replace_suffix(name, "LayerNorm.gamma", "LayerNorm.weight")) {
      replace_suffix(name, "LayerNorm.beta", "LayerNorm.bias");
    }
    if (!is_of_no_model(name)) plain.emplace(std::move(name), std::move(value));
  }
  const std::string prefix = prefix_of(plain);
  const bool has_body_name = absl::EndsWith(prefix, kBody);
  const absl::string_view outer =
      has_body_name ? absl::StripSuffix(prefix, kBody) : absl::string_view();
  TensorMap named;
  for (auto& [name, tensor] : plain) {
    absl::string_view rest = name;
    if (has_body_name) {
      absl::ConsumePrefix(&rest, outer);
      named.emplace(rest, std::move(tensor));
      continue;
    }
    const bool is_body = absl::ConsumePrefix(&rest, prefix) &&
                         (absl::StartsWith(rest, "embeddings.") ||
                          absl::StartsWith(rest, "encoder.") || absl::StartsWith(rest, "pooler."));
    named.emplace(is_body ? absl::StrCat(kBody, rest) : name, std::move(tensor));
  }
  // The bias of the words has two names; where both are there, the decoder's is the one that
  // counts.
  auto bias = named.extract("cls.predictions.decoder.bias");
  if (!bias.empty()) named["cls.predictions.bias"] = std::move(bias.mapped());
  return named;
}

}  // namespace bittensor
