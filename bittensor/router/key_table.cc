// SPDX-License-Identifier: MIT
#include "bittensor/router/key_table.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/random.h"

namespace bittensor {
namespace {

// Uniform, mean 0 and variance 1, [key_dim]. Without torch's generator: what a key begins with must
// depend on nothing but the public key.
std::vector<float> initial_key(const PublicKey& owner, std::int64_t key_dim) {
  std::uint64_t state = 0;
  for (std::size_t i = 0; i < PublicKey::kSize; i += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, owner.bytes().data() + i, sizeof(word));
    state ^= word;
    state = split_mix(state);
  }
  std::vector<float> key(key_dim);
  for (float& value : key) {
    value = static_cast<float>((2 * to_unit(split_mix(state)) - 1) * std::sqrt(3.0));
  }
  return key;
}

at::Tensor to_tensor(std::vector<std::int64_t> values) {
  return torch::tensor(at::ArrayRef<std::int64_t>(values), torch::kLong);
}

}  // namespace

KeyTable::KeyTable(std::int64_t max_keys, std::int64_t key_dim) {
  TORCH_CHECK(max_keys > 0 && key_dim > 0, "a key table of ", max_keys, " keys of ", key_dim);
  keys_ = register_parameter("keys", torch::zeros({max_keys, key_dim}));
  owners_ = register_buffer(
      "owners",
      torch::zeros({max_keys, static_cast<std::int64_t>(PublicKey::kSize)}, torch::kByte));
  used_ = register_buffer("used", torch::zeros({max_keys}, torch::kLong));
}

at::Tensor KeyTable::forward(absl::Span<const SynapseRecord> synapses) {
  TORCH_CHECK(synapses.size() <= static_cast<std::size_t>(max_keys()), synapses.size(),
              " synapses for a key table of ", max_keys());
  return keys_.index_select(0, to_tensor(slots_of(synapses)).to(keys_.device()));
}

std::vector<std::int64_t> KeyTable::slots_of(absl::Span<const SynapseRecord> synapses) {
  // The buffers are the only truth, read anew at each call: load() and to() replace them. The
  // conversions do nothing unless to() has moved or cast them.
  const at::Tensor owners = owners_.to(torch::kCPU, torch::kByte).contiguous();
  at::Tensor used = used_.to(torch::kCPU, torch::kLong).contiguous();
  auto* const used_at = used.data_ptr<std::int64_t>();
  const auto* const bytes = reinterpret_cast<const char*>(owners.data_ptr<std::uint8_t>());

  absl::flat_hash_map<absl::string_view, std::int64_t> slot_of;
  std::int64_t now = 1;
  for (std::int64_t slot = 0; slot < max_keys(); ++slot) {
    if (used_at[slot] == 0) continue;
    slot_of.emplace(absl::string_view(bytes + slot * PublicKey::kSize, PublicKey::kSize), slot);
    now = std::max(now, used_at[slot] + 1);
  }
  // Who is known is marked before anybody moves in, so that nobody of this call is displaced.
  for (const SynapseRecord& synapse : synapses) {
    const auto found = slot_of.find(synapse.key.bytes());
    if (found != slot_of.end()) used_at[found->second] = now;
  }
  std::vector<std::int64_t> slots;
  std::vector<Newcomer> newcomers;
  for (const SynapseRecord& synapse : synapses) {
    const auto [found, is_new] = slot_of.try_emplace(synapse.key.bytes(), 0);
    if (is_new) {
      found->second = std::min_element(used_at, used_at + max_keys()) - used_at;
      used_at[found->second] = now;
      newcomers.emplace_back(found->second, synapse.key);
    }
    slots.push_back(found->second);
  }
  if (!used.is_same(used_)) used_.copy_(used);
  if (!newcomers.empty()) move_in(newcomers);
  return slots;
}

void KeyTable::move_in(const std::vector<Newcomer>& newcomers) {
  const torch::NoGradGuard no_grad;
  const auto key_dim = keys_.size(1);
  std::vector<std::int64_t> slots;
  std::vector<float> keys;
  std::vector<std::uint8_t> owners;
  for (const auto& [slot, owner] : newcomers) {
    slots.push_back(slot);
    const std::vector<float> key = initial_key(owner, key_dim);
    keys.insert(keys.end(), key.begin(), key.end());
    owners.insert(owners.end(), owner.bytes().begin(), owner.bytes().end());
  }
  const auto count = static_cast<std::int64_t>(newcomers.size());
  const at::Tensor where = to_tensor(slots).to(keys_.device());
  keys_.index_copy_(0, where, torch::tensor(keys).view({count, key_dim}).to(keys_.options()));
  owners_.index_copy_(0, where, torch::tensor(owners).view({count, -1}).to(owners_.options()));
  reassigned_.insert(slots.begin(), slots.end());
}

at::Tensor KeyTable::take_reassigned() {
  const std::set<std::int64_t> slots = std::exchange(reassigned_, {});
  return to_tensor({slots.begin(), slots.end()}).to(keys_.device());
}

}  // namespace bittensor
