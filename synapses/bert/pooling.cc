// SPDX-License-Identifier: MIT
#include "synapses/bert/pooling.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "torch/types.h"

#include "bittensor/base/abbreviated.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/weights_files.h"
#include "bittensor/toolbox/wrong_file.h"

namespace bittensor {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxModules = 16;

absl::Status wrong(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

absl::StatusOr<json> read_json(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  std::string text(kMaxFileBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    const std::string what = what_it_is(text);
    return wrong(path, what.empty() ? "not JSON, or more than a megabyte" : "is " + what);
  }
  return parsed;
}

bool flag(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::string text(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

constexpr std::pair<const char*, Pooling> kPooling[] = {
    {"pooling_mode_cls_token", Pooling::kCls},
    {"pooling_mode_max_tokens", Pooling::kMax},
    {"pooling_mode_mean_tokens", Pooling::kMean},
    {"pooling_mode_mean_sqrt_len_tokens", Pooling::kMeanSqrtLen},
    {"pooling_mode_weightedmean_tokens", Pooling::kWeightedMean},
    {"pooling_mode_lasttoken", Pooling::kLastToken}};

absl::Status read_pooling(const std::string& folder, SentenceModules& modules) {
  const std::string path = folder + "/config.json";
  BITTENSOR_ASSIGN_OR_RETURN(const json config, read_json(path));
  modules.pooling.clear();
  // In the order in which sentence-transformers puts them side by side.
  for (const auto& [name, pooling] : kPooling) {
    if (flag(config, name)) modules.pooling.push_back(pooling);
  }
  if (modules.pooling.empty()) return wrong(path, "none of its pooling modes is known");
  return absl::OkStatus();
}

absl::Status read_dense(const std::string& folder, SentenceModules& modules) {
  const std::string path = folder + "/config.json";
  BITTENSOR_ASSIGN_OR_RETURN(const json config, read_json(path));
  BITTENSOR_ASSIGN_OR_RETURN(const TensorMap weights, read_weights(folder));
  PoolingDense dense;
  const std::string activation = text(config, "activation_function");
  dense.tanh = absl::EndsWith(activation, ".Tanh");
  if (!dense.tanh && !absl::EndsWith(activation, ".Identity")) {
    return wrong(path, absl::StrCat("activation_function is ", abbreviated(activation, 80),
                                    ", known are Tanh and Identity"));
  }
  const auto weight = weights.find("linear.weight");
  const auto bias = weights.find("linear.bias");
  if (weight == weights.end() || weight->second.dim() != 2) {
    return wrong(folder, "no matrix linear.weight");
  }
  dense.weight = weight->second.to(torch::kFloat);
  if (bias != weights.end()) dense.bias = bias->second.to(torch::kFloat);
  if (dense.bias.defined() && dense.bias.sizes() != dense.weight.sizes().slice(0, 1)) {
    return wrong(folder, "linear.bias is not of the size of linear.weight");
  }
  modules.dense.push_back(std::move(dense));
  return absl::OkStatus();
}

absl::Status read_transformer(const std::string& folder, SentenceModules& modules) {
  const std::string path = folder + "/sentence_bert_config.json";
  std::error_code error;
  if (!fs::exists(path, error)) return absl::OkStatus();
  BITTENSOR_ASSIGN_OR_RETURN(const json config, read_json(path));
  const auto length = config.is_object() ? config.find("max_seq_length") : config.end();
  if (length != config.end() && length->is_number_unsigned()) {
    modules.max_seq_length = length->get<std::size_t>();
  }
  return absl::OkStatus();
}

absl::Status read_prompt(const std::string& folder, SentenceModules& modules) {
  const std::string path = folder + "/config_sentence_transformers.json";
  std::error_code error;
  if (!fs::exists(path, error)) return absl::OkStatus();
  BITTENSOR_ASSIGN_OR_RETURN(const json config, read_json(path));
  const std::string name = text(config, "default_prompt_name");
  if (!name.empty() && config.contains("prompts")) {
    modules.prompt = text(config["prompts"], name.c_str());
  }
  return absl::OkStatus();
}

absl::Status read_module(const std::string& folder, const std::string& path,
                         const std::string& type, SentenceModules& modules) {
  if (absl::EndsWith(type, ".Transformer")) {
    modules.folder = path;
    return read_transformer(path, modules);
  }
  if (absl::EndsWith(type, ".Pooling")) return read_pooling(path, modules);
  if (absl::EndsWith(type, ".Dense") && !modules.normalize) return read_dense(path, modules);
  if (absl::EndsWith(type, ".Normalize")) {
    modules.normalize = true;
    return absl::OkStatus();
  }
  return wrong(folder + "/modules.json",
               absl::StrCat("a module ", abbreviated(type, 80),
                            "; known are Transformer, Pooling, Dense and Normalize"));
}

torch::Tensor sum_of_tokens(const torch::Tensor& hidden, const torch::Tensor& counts) {
  // [batch, 1, sequence] x [batch, sequence, hidden]
  return torch::matmul(counts.unsqueeze(1), hidden).squeeze(1);
}

}  // namespace

absl::StatusOr<Pooling> parse_pooling(absl::string_view name) {
  if (name == "cls") return Pooling::kCls;
  if (name == "mean") return Pooling::kMean;
  if (name == "max") return Pooling::kMax;
  return absl::InvalidArgumentError(
      absl::StrCat("pooling ", abbreviated(name, 80), ": it is cls, mean or max"));
}

torch::Tensor pool(Pooling pooling, const torch::Tensor& hidden, const torch::Tensor& mask) {
  const torch::Tensor counts =  // [batch, sequence]
      mask.defined() ? mask.to(hidden.scalar_type())
                     : torch::ones({hidden.size(0), hidden.size(1)}, hidden.options());
  switch (pooling) {
    case Pooling::kCls:
      return hidden.select(1, 0);
    case Pooling::kMean:
      return sum_of_tokens(hidden, counts) / counts.sum(1, /*keepdim=*/true).clamp_min(1e-9);
    case Pooling::kMax:
      return std::get<0>(hidden.masked_fill(counts.eq(0).unsqueeze(2), -1e9).max(1));
    case Pooling::kMeanSqrtLen:
      return sum_of_tokens(hidden, counts) / counts.sum(1, /*keepdim=*/true).clamp_min(1e-9).sqrt();
    case Pooling::kWeightedMean: {
      const torch::Tensor weights = counts * torch::arange(1, hidden.size(1) + 1, hidden.options());
      return sum_of_tokens(hidden, weights) / weights.sum(1, /*keepdim=*/true).clamp_min(1e-9);
    }
    case Pooling::kLastToken: {
      const torch::Tensor last =  // [batch, 1, hidden]
          (counts.sum(1).to(torch::kLong) - 1)
              .clamp_min(0)
              .view({-1, 1, 1})
              .expand({-1, 1, hidden.size(2)});
      return hidden.gather(1, last).squeeze(1);
    }
  }
  return {};
}

absl::StatusOr<std::int64_t> SentenceModules::width(const std::string& path,
                                                    std::int64_t hidden) const {
  std::int64_t width = hidden * static_cast<std::int64_t>(pooling.size());
  for (const PoolingDense& layer : dense) {
    if (layer.weight.size(1) != width) {
      return wrong(path, absl::StrCat("a Dense module takes ", layer.weight.size(1),
                                      " numbers, it gets ", width));
    }
    width = layer.weight.size(0);
  }
  return width;
}

torch::Tensor SentenceModules::apply(const torch::Tensor& hidden, const torch::Tensor& mask) const {
  std::vector<torch::Tensor> pooled;
  for (const Pooling one : pooling) pooled.push_back(pool(one, hidden, mask));
  torch::Tensor features = pooled.size() == 1 ? pooled.front() : torch::cat(pooled, 1);
  for (const PoolingDense& layer : dense) {
    features = torch::linear(features, layer.weight.to(features.device()),
                             layer.bias.defined() ? layer.bias.to(features.device()) : layer.bias);
    if (layer.tanh) features = torch::tanh(features);
  }
  if (!normalize) return features;
  return features / features.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
}

absl::StatusOr<SentenceModules> read_sentence_modules(const std::string& folder) {
  SentenceModules modules;
  modules.folder = folder;
  const std::string path = folder + "/modules.json";
  std::error_code error;
  if (!fs::exists(path, error)) return modules;
  BITTENSOR_ASSIGN_OR_RETURN(const json list, read_json(path));
  if (!list.is_array() || list.size() > kMaxModules) return wrong(path, "not a list of modules");
  for (const json& module : list) {
    const std::string place = text(module, "path");
    if (absl::StrContains(place, "..") || absl::StartsWith(place, "/")) {
      return wrong(path, "a module lies outside the folder");
    }
    BITTENSOR_RETURN_IF_ERROR(
        read_module(folder, absl::StrCat(folder, "/", place), text(module, "type"), modules));
  }
  BITTENSOR_RETURN_IF_ERROR(read_prompt(folder, modules));
  return modules;
}

}  // namespace bittensor
