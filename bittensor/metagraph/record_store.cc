// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/record_store.h"

#include <algorithm>
#include <iterator>

#include "absl/container/flat_hash_set.h"

#include "bittensor/base/random.h"

namespace bittensor {
namespace {

// How many of the latest news are remembered as such.
constexpr std::size_t kMaxLearnt = 512;

std::uint64_t mix(std::uint64_t x) {
  return split_mix(x);
}

}  // namespace

bool RecordStore::knows_neuron_of(Statement::Id row) const {
  const auto record = entries_.find((row & ~Statement::Id{3}) | v1::Statement::KIND_RECORD);
  return record != entries_.end() && is_neuron(record->second);
}

bool RecordStore::has_room(std::int64_t now_ms) const {
  if (records_ < max_records_) return true;
  return !unproven_.empty() && unproven_.begin()->first + kMinStayMs <= now_ms;
}

void RecordStore::make_room() {
  if (records_ < max_records_) return;
  const Statement::Id id = unproven_.begin()->second;
  entries_.erase((id & ~Statement::Id{3}) | v1::Statement::KIND_WEIGHTS);
  erase(entries_.find(id));
}

void RecordStore::set_unproven(Statement::Id id, const Entry& entry) {
  if (is_record(*entry.statement) && (!entry.answered || entry.silent)) {
    unproven_.insert(place_of(id, entry));
  }
}

bool RecordStore::insert(StatementPtr statement, std::int64_t now_ms) {
  return insert(std::move(statement), now_ms, /*own=*/false);
}

void RecordStore::insert_own(StatementPtr statement, std::int64_t now_ms) {
  insert(std::move(statement), now_ms, /*own=*/true);
}

bool RecordStore::insert(StatementPtr statement, std::int64_t now_ms, bool own) {
  latest_ms_ = std::max(latest_ms_, now_ms);
  if (statement->kept_until_ms() <= now_ms) return false;
  const Statement::Id id = statement->id();
  const std::int64_t ttl_ms = statement->expires_ms - statement->issued_ms;
  const std::int64_t age_ms = now_ms - statement->issued_ms;
  auto it = entries_.find(id);
  Entry entry;
  if (it == entries_.end()) {
    if (is_record(*statement)) {
      if (!own && !has_room(now_ms)) return false;
      if (!own) make_room();
      ++records_;
    } else if (!knows_neuron_of(id)) {
      return false;  // A row counts nothing without its neuron.
    }
    entry.first_heard_ms = now_ms;
    entry.age_heard_ms = age_ms;
  } else {
    entry = it->second;
    const Statement& held = *entry.statement;
    if (held.key != statement->key) return false;
    // This neuron's own clock may have been ahead.
    if (held.issued_ms >= statement->issued_ms && !own) return false;
    const bool hasty = now_ms >= entry.heard_ms && now_ms < entry.heard_ms + kMinRenewalMs;
    if (hasty && !own && !statement->leaving) return false;
    if (is_neuron(entry)) --neurons_;
    unproven_.erase(place_of(id, entry));
    if (held.metagraph_address != statement->metagraph_address) entry.answered = false;
  }
  // The smaller age is nearer to the difference of the clocks: the other was longer on its way.
  entry.holds_until_ms = statement->issued_ms + std::min(age_ms, entry.age_heard_ms) + ttl_ms;
  entry.age_heard_ms = age_ms;
  entry.heard_ms = now_ms;
  entry.silent = false;
  entry.answered = entry.answered || own;
  entry.statement = std::move(statement);
  if (is_neuron(entry)) ++neurons_;
  if (entry.statement->leaving) {
    entries_.erase(Statement::id_of(v1::Statement::KIND_WEIGHTS, entry.statement->key));
  }
  set_unproven(id, entry);
  entries_[id] = std::move(entry);
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
  if (kind == v1::Statement::KIND_RECORD) return has_room(latest_ms_);
  return kind == v1::Statement::KIND_WEIGHTS && knows_neuron_of(version.id);
}

StatementPtr RecordStore::find(Statement::Id id) const {
  const auto it = entries_.find(id);
  return it == entries_.end() ? nullptr : it->second.statement;
}

RecordStore::Entries::iterator RecordStore::erase(Entries::iterator it) {
  const Entry& entry = it->second;
  if (is_record(*entry.statement)) {
    --records_;
    unproven_.erase(place_of(it->first, entry));
  }
  if (is_neuron(entry)) --neurons_;
  return entries_.erase(it);
}

void RecordStore::fall_silent(Statement::Id id, Entry& entry) {
  unproven_.erase(place_of(id, entry));
  --neurons_;
  entry.silent = true;
  set_unproven(id, entry);
}

std::vector<StatementPtr> RecordStore::expire(std::int64_t now_ms) {
  latest_ms_ = now_ms;
  std::vector<StatementPtr> gone;
  std::vector<Statement::Id> rows;
  for (auto it = entries_.begin(); it != entries_.end();) {
    Entry& entry = it->second;
    if (is_neuron(entry) && entry.holds_until_ms <= now_ms) {
      if (entry.answered) gone.push_back(entry.statement);
      rows.push_back(Statement::id_of(v1::Statement::KIND_WEIGHTS, entry.statement->key));
      fall_silent(it->first, entry);
    }
    it = entry.statement->kept_until_ms() <= now_ms ? erase(it) : std::next(it);
  }
  for (const Statement::Id row : rows) entries_.erase(row);
  return gone;
}

void RecordStore::mark_answered(const PublicKey& key) {
  const auto it = entries_.find(Statement::id_of(v1::Statement::KIND_RECORD, key));
  if (it == entries_.end() || it->second.statement->key != key) return;
  unproven_.erase(place_of(it->first, it->second));
  it->second.answered = true;
  set_unproven(it->first, it->second);
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
    if (is_neuron(entry)) {
      content.records.push_back(entry.statement);
      content.proven.push_back(entry.answered);
    }
    if (entry.statement->kind == v1::Statement::KIND_WEIGHTS)
      content.rows.push_back(entry.statement);
  }
  return content;
}

}  // namespace bittensor
