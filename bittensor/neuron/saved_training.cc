// SPDX-License-Identifier: MIT
#include "bittensor/neuron/saved_training.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <mutex>
#include <utility>

#include "ATen/CPUGeneratorImpl.h"
#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/neuron/parts.h"

namespace bittensor {
namespace {

constexpr char kRandom[] = "random";
constexpr char kWeightedKeys[] = "weighted_keys";
constexpr char kWeights[] = "weights";

const at::Tensor* find(const StateDict& state, const char* name) {
  const auto found = state.find(name);
  return found == state.end() ? nullptr : &found->second;
}

absl::StatusOr<std::optional<SavedTraining>> load_named(const std::string& path) {
  BITTENSOR_ASSIGN_OR_RETURN(Checkpoint checkpoint, load_latest(path));
  const double best = checkpoint.best_test_loss;
  return SavedTraining{path, std::move(checkpoint), best, {}};
}

}  // namespace

absl::StatusOr<std::optional<SavedTraining>> find_saved_training(const NeuronOptions& options) {
  if (options.from_scratch) return std::nullopt;
  if (!options.load_model.empty()) return load_named(options.load_model);

  const std::string best_path = checkpoint_path(options);
  const std::string last_path = last_checkpoint_path(options);
  absl::StatusOr<Checkpoint> best = load_latest(best_path);
  absl::StatusOr<Checkpoint> last = load_latest(last_path);
  const bool readable = best.ok() || last.ok();
  for (const auto& status : {best.status(), last.status()}) {
    if (status.ok() || absl::IsNotFound(status)) continue;
    if (!readable) {
      return absl::Status(status.code(),
                          absl::StrCat(status.message(), "; --from_scratch starts over"));
    }
    spdlog::warn("{}; continues without it", std::string(status.message()));
  }
  if (!readable) return std::nullopt;
  if (!last.ok() || (best.ok() && best->step > last->step)) {
    const double loss = best->best_test_loss;
    return SavedTraining{best_path, *std::move(best), loss, {}};
  }
  // Without the file of the best model the next one is the best; nor is a model the best that
  // a crash kept from being saved.
  double loss = std::numeric_limits<double>::infinity();
  StateDict synapse;
  if (best.ok()) {
    loss = std::max(best->best_test_loss, last->best_test_loss);
    synapse = std::move(best->synapse);
  }
  return SavedTraining{last_path, *std::move(last), loss, std::move(synapse)};
}

StateDict neuron_state(const Metagraph* metagraph) {
  StateDict state;
  {
    at::Generator generator = at::detail::getDefaultCPUGenerator();
    const std::lock_guard<std::mutex> lock(generator.mutex());
    state[kRandom] = generator.get_state();
  }
  const WeightRow row = metagraph == nullptr ? WeightRow() : metagraph->weights();
  if (row.empty()) return state;
  const auto n = static_cast<std::int64_t>(row.size());
  at::Tensor keys = torch::empty({n, static_cast<std::int64_t>(PublicKey::kSize)}, torch::kByte);
  at::Tensor weights = torch::empty({n}, torch::kFloat);
  for (std::int64_t i = 0; i < n; ++i) {
    const auto& [key, weight] = row[static_cast<std::size_t>(i)];
    std::memcpy(keys[i].data_ptr(), key.bytes().data(), PublicKey::kSize);
    weights.data_ptr<float>()[i] = weight;
  }
  state[kWeightedKeys] = std::move(keys);
  state[kWeights] = std::move(weights);
  return state;
}

absl::Status restore_weights(const StateDict& state, Metagraph& metagraph) {
  const at::Tensor* keys = find(state, kWeightedKeys);
  const at::Tensor* weights = find(state, kWeights);
  if (keys == nullptr && weights == nullptr) return absl::OkStatus();
  if (keys == nullptr || weights == nullptr || keys->scalar_type() != at::kByte ||
      weights->scalar_type() != at::kFloat || keys->dim() != 2 || weights->dim() != 1 ||
      keys->size(0) != weights->size(0) ||
      keys->size(1) != static_cast<std::int64_t>(PublicKey::kSize)) {
    return absl::InvalidArgumentError("the saved weights are malformed");
  }
  WeightRow row;
  for (std::int64_t i = 0; i < keys->size(0); ++i) {
    BITTENSOR_ASSIGN_OR_RETURN(
        const PublicKey key,
        PublicKey::from_bytes({static_cast<const char*>((*keys)[i].data_ptr()), PublicKey::kSize}));
    row.emplace_back(key, (*weights)[i].item<float>());
  }
  metagraph.set_weights(row);
  return absl::OkStatus();
}

absl::Status restore_random(const StateDict& state) {
  const at::Tensor* random = find(state, kRandom);
  if (random == nullptr) return absl::OkStatus();
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  try {
    generator.set_state(random->contiguous());
  } catch (const c10::Error& error) {
    return absl::InvalidArgumentError(error.what_without_backtrace());
  }
  return absl::OkStatus();
}

}  // namespace bittensor
