// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <list>
#include <utility>

#include "absl/container/flat_hash_map.h"

#include "bittensor/base/check.h"

namespace bittensor {

// A map that knows in which order its entries were used, so that whoever bounds it can let the
// longest unused go first. Pointers and iterators stay valid until their entry is erased.
//
// Not thread-safe.
template <typename Key, typename Value>
class LruMap {
 public:
  using Entry = std::pair<const Key, Value>;
  using iterator = typename std::list<Entry>::iterator;

  std::size_t size() const { return index_.size(); }
  bool empty() const { return index_.empty(); }
  bool contains(const Key& key) const { return index_.contains(key); }

  // The longest unused comes first.
  iterator begin() { return entries_.begin(); }
  iterator end() { return entries_.end(); }

  // Null if there is none. use() makes it the one used last.
  Value* find(const Key& key) {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &found->second->second;
  }
  Value* use(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.end(), entries_, found->second);
    return &found->second->second;
  }

  // `key` must not be there. The new entry is the one used last.
  Value& add(const Key& key, Value value) {
    entries_.emplace_back(key, std::move(value));
    const bool is_new = index_.emplace(key, std::prev(entries_.end())).second;
    BITTENSOR_CHECK(is_new) << "the key is in the map";
    return entries_.back().second;
  }

  void erase(iterator entry) {
    index_.erase(entry->first);
    entries_.erase(entry);
  }
  void erase(const Key& key) {
    const auto found = index_.find(key);
    if (found != index_.end()) erase(found->second);
  }

 private:
  std::list<Entry> entries_;
  absl::flat_hash_map<Key, iterator> index_;
};

}  // namespace bittensor
