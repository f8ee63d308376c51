// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/record_store.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"

namespace bittensor {
namespace {

// How many of the latest news are remembered as such.
constexpr std::size_t kMaxLearnt = 512;

// splitmix64 (Steele, Lea, Flood 2014): one step of the generator.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

bool RecordStore::may_add(const Statement& statement) const {
  if (statement.kind == v1::Statement::KIND_RECORD) return records_ < max_records_;
  // A row counts nothing without its neuron, and so cannot take up room of its own.
  const auto record = entries_.find(Statement::id_of(v1::Statement::KIND_RECORD, statement.key));
  return record != entries_.end() && is_neuron(*record->second.statement) &&
         record->second.statement->key == statement.key;
}

bool RecordStore::insert(StatementPtr statement, std::int64_t now_ms) {
  if (statement->expires_ms <= now_ms) return false;
  const Statement::Id id = statement->id();
  auto it = entries_.find(id);
  if (it == entries_.end()) {
    if (!may_add(*statement)) return false;
    it = entries_.emplace(id, Entry{}).first;
    if (statement->kind == v1::Statement::KIND_RECORD) ++records_;
  } else {
    const Statement& held = *it->second.statement;
    if (held.key != statement->key || held.issued_ms >= statement->issued_ms) return false;
    if (is_neuron(held)) --neurons_;
    if (held.metagraph_address != statement->metagraph_address) it->second.answered = false;
  }
  if (is_neuron(*statement)) ++neurons_;
  if (statement->leaving) {
    entries_.erase(Statement::id_of(v1::Statement::KIND_WEIGHTS, statement->key));
    it = entries_.find(id);  // erase() moved it
  }
  it->second.statement = std::move(statement);
  note_learnt(id, now_ms);
  return true;
}

void RecordStore::note_learnt(Statement::Id id, std::int64_t now_ms) {
  learnt_.emplace_back(now_ms, id);
  if (learnt_.size() > kMaxLearnt) learnt_.pop_front();
}

bool RecordStore::lacks(const Version& version) const {
  const auto it = entries_.find(version.id);
  if (it != entries_.end()) return it->second.statement->issued_ms < version.issued_ms;
  const auto kind = static_cast<v1::Statement::Kind>(version.id & 3);
  if (kind == v1::Statement::KIND_RECORD) return records_ < max_records_;
  const auto record = entries_.find((version.id & ~Statement::Id{3}) | v1::Statement::KIND_RECORD);
  return kind == v1::Statement::KIND_WEIGHTS && record != entries_.end() &&
         is_neuron(*record->second.statement);
}

StatementPtr RecordStore::find(Statement::Id id) const {
  const auto it = entries_.find(id);
  return it == entries_.end() ? nullptr : it->second.statement;
}

RecordStore::Entries::iterator RecordStore::erase(Entries::iterator it) {
  const Statement& statement = *it->second.statement;
  if (statement.kind == v1::Statement::KIND_RECORD) --records_;
  if (is_neuron(statement)) --neurons_;
  return entries_.erase(it);
}

std::vector<StatementPtr> RecordStore::expire(std::int64_t now_ms) {
  std::vector<StatementPtr> gone;
  std::vector<Statement::Id> rows;
  for (auto it = entries_.begin(); it != entries_.end();) {
    const StatementPtr statement = it->second.statement;
    if (statement->expires_ms > now_ms) {
      ++it;
      continue;
    }
    if (is_neuron(*statement)) {
      if (it->second.answered) gone.push_back(statement);
      rows.push_back(Statement::id_of(v1::Statement::KIND_WEIGHTS, statement->key));
    }
    it = erase(it);
  }
  for (const Statement::Id row : rows) entries_.erase(row);
  return gone;
}

void RecordStore::mark_answered(const PublicKey& key) {
  const auto it = entries_.find(Statement::id_of(v1::Statement::KIND_RECORD, key));
  if (it != entries_.end() && it->second.statement->key == key) it->second.answered = true;
}

std::vector<RecordStore::Version> RecordStore::learnt_since(std::int64_t since_ms,
                                                            std::size_t limit) const {
  std::vector<Version> versions;
  absl::flat_hash_set<Statement::Id> seen;
  for (auto it = learnt_.rbegin(); it != learnt_.rend() && versions.size() < limit; ++it) {
    if (it->first < since_ms) break;
    if (!seen.insert(it->second).second) continue;
    const StatementPtr statement = find(it->second);
    if (statement) versions.push_back({it->second, statement->issued_ms});
  }
  return versions;
}

std::size_t RecordStore::bucket_of(Statement::Id id, std::uint64_t salt) {
  static_assert(kBuckets == 1u << 7, "the upper 7 bits choose the bucket");
  return static_cast<std::size_t>(mix(salt ^ id) >> 57);
}

RecordStore::Digest RecordStore::digest(std::uint64_t salt) const {
  Digest digest(kBuckets);
  for (const auto& [id, entry] : entries_) {
    const auto issued = static_cast<std::uint64_t>(entry.statement->issued_ms);
    digest[bucket_of(id, salt)] += static_cast<std::uint32_t>(mix(mix(salt ^ id) + issued));
  }
  return digest;
}

std::vector<RecordStore::Version> RecordStore::versions_in(const std::vector<bool>& wanted,
                                                           std::uint64_t salt) const {
  std::vector<Version> versions;
  for (const auto& [id, entry] : entries_) {
    if (wanted[bucket_of(id, salt)]) versions.push_back({id, entry.statement->issued_ms});
  }
  return versions;
}

RecordStore::Content RecordStore::content() const {
  Content content;
  for (const auto& [id, entry] : entries_) {
    if (is_neuron(*entry.statement)) content.records.push_back(entry.statement);
    if (entry.statement->kind == v1::Statement::KIND_WEIGHTS)
      content.rows.push_back(entry.statement);
  }
  return content;
}

}  // namespace bittensor
