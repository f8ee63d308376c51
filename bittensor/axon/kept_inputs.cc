// SPDX-License-Identifier: MIT
#include "bittensor/axon/kept_inputs.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ATen/ATen.h"

namespace bittensor {
namespace {

constexpr std::size_t kEntryBytes = 1024;  // what an entry costs besides its elements

}  // namespace

void KeptInputs::put(const PublicKey& caller, std::uint64_t call_id, Kept kept, TimePoint now) {
  std::size_t bytes = kEntryBytes;
  if (kept.inputs.tensor.defined()) bytes += kept.inputs.tensor.nbytes();
  for (const std::string& text : kept.inputs.text) bytes += text.size();
  MutexLock lock(mutex_);
  drop_expired(now);
  const Id id(caller, call_id);
  erase(id);
  if (bytes > std::min(options_.max_bytes, options_.max_bytes_per_caller)) return;
  while (true) {
    const auto found = of_caller_.find(caller);
    if (found == of_caller_.end()) break;
    if (found->second.bytes + bytes <= options_.max_bytes_per_caller) break;
    erase(Id(caller, found->second.calls.begin()->second));
  }
  while (bytes_ + bytes > options_.max_bytes) erase(entries_.begin()->first);
  bytes_ += bytes;
  OfCaller& of_caller = of_caller_[caller];
  of_caller.bytes += bytes;
  of_caller.calls.emplace(++count_, call_id);
  ++uses_[kept.synapse.get()];
  entries_.add(id, {std::move(kept), bytes, count_, now + options_.keep_for});
  while (uses_.size() > options_.max_synapses) erase(entries_.begin()->first);
}

std::optional<KeptInputs::Kept> KeptInputs::take(const PublicKey& caller, std::uint64_t call_id,
                                                 TimePoint now) {
  MutexLock lock(mutex_);
  drop_expired(now);
  const Id id(caller, call_id);
  Entry* const found = entries_.find(id);
  if (found == nullptr) return std::nullopt;
  Kept kept = {std::move(found->kept.inputs), found->kept.synapse};
  erase(id);
  return kept;
}

void KeptInputs::keep_only_of(const ServedSynapse* synapse) {
  MutexLock lock(mutex_);
  std::vector<Id> others;
  for (const auto& [id, entry] : entries_) {
    if (entry.kept.synapse.get() != synapse) others.push_back(id);
  }
  for (const Id& id : others) erase(id);
}

std::size_t KeptInputs::bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

void KeptInputs::erase(const Id& id) {
  const Entry* const entry = entries_.find(id);
  if (entry == nullptr) return;
  bytes_ -= entry->bytes;
  const auto uses = uses_.find(entry->kept.synapse.get());
  if (--uses->second == 0) uses_.erase(uses);
  const auto of_caller = of_caller_.find(id.first);
  of_caller->second.bytes -= entry->bytes;
  of_caller->second.calls.erase(entry->number);
  if (of_caller->second.calls.empty()) of_caller_.erase(of_caller);
  entries_.erase(id);
}

void KeptInputs::drop_expired(TimePoint now) {
  while (!entries_.empty() && entries_.begin()->second.until <= now) {
    erase(entries_.begin()->first);
  }
}

}  // namespace bittensor
