// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"

#include "bittensor/metagraph/statement.h"

namespace bittensor {

// What is known of the network: at most one record and one row of weights a
// neuron, the latest it made. The record of a neuron that left stays until it
// expires, so that an older one does not bring the neuron back.
//
// When it is full, a neuron that it does not know is refused, and those that it
// knows keep their place for as long as they renew their records: a flood of
// strangers pushes nobody out.
//
// Not thread-safe. It has no clock: `now_ms` is Unix time.
class RecordStore {
 public:
  // Which issue of which statement.
  struct Version {
    Statement::Id id = 0;
    std::int64_t issued_ms = 0;
  };
  static constexpr std::size_t kBuckets = 128;
  using Digest = std::vector<std::uint32_t>;  // one number a bucket

  explicit RecordStore(std::size_t max_records) : max_records_(max_records) {}

  // Keeps `statement`, whose signature the caller has checked, if it is news: see lacks().
  // Returns whether it did.
  bool insert(StatementPtr statement, std::int64_t now_ms);

  // Whether `version` is later than what the store has, and there is room for it: a
  // row of weights is kept only with the record of its neuron.
  bool lacks(const Version& version) const;

  // Null if there is none.
  StatementPtr find(Statement::Id id) const;

  // Forgets what has expired. Returns the records of the neurons that it no longer knows,
  // of those that answered here (see mark_answered).
  std::vector<StatementPtr> expire(std::int64_t now_ms);

  // The neuron answered at the gossip address of its record.
  void mark_answered(const PublicKey& key);

  // Statements learnt since `since_ms`, the latest first, at most `limit`.
  std::vector<Version> learnt_since(std::int64_t since_ms, std::size_t limit) const;

  // A short proof of what the store holds, and its parts: metagraph.proto defines both.
  // With another salt the buckets hold others, so nobody can prepare statements that hide
  // each other, and what one exchange misses the next finds.
  Digest digest(std::uint64_t salt) const;
  static std::size_t bucket_of(Statement::Id id, std::uint64_t salt);

  // What the buckets b with wanted[b] hold.
  std::vector<Version> versions_in(const std::vector<bool>& wanted, std::uint64_t salt) const;

  // Everything: records of neurons that have not left, and rows of weights, by id.
  struct Content {
    std::vector<StatementPtr> records;
    std::vector<StatementPtr> rows;
  };
  Content content() const;

  // Statements, those of neurons that left included.
  std::size_t size() const { return entries_.size(); }
  // Neurons that have not left.
  std::size_t neurons() const { return neurons_; }

 private:
  struct Entry {
    StatementPtr statement;
    bool answered = false;
  };
  using Entries = absl::btree_map<Statement::Id, Entry>;

  static bool is_neuron(const Statement& statement) {
    return statement.kind == v1::Statement::KIND_RECORD && !statement.leaving;
  }
  bool may_add(const Statement& statement) const;
  void note_learnt(Statement::Id id, std::int64_t now_ms);
  Entries::iterator erase(Entries::iterator it);

  const std::size_t max_records_;
  // By id. Two keys with one id are 2^62 tries away from each other; the second is refused.
  Entries entries_;
  std::size_t records_ = 0;  // with those of neurons that left
  std::size_t neurons_ = 0;
  std::deque<std::pair<std::int64_t, Statement::Id>> learnt_;  // when what was learnt, bounded
};

}  // namespace bittensor
