// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"

#include "bittensor/metagraph/statement.h"

namespace bittensor {

// What is known of the network: at most one record and one row of weights a neuron, the latest
// it made. The record of a neuron that left stays until it expires, so that an older one does
// not bring the neuron back.
//
// Who answered at the address of its record (mark_answered) is proven: somebody is there, and it
// is that key. When the store is full, a newcomer takes the place of the record that has been
// there the longest, kMinStayMs at least, without being proven. So a flood of strangers pushes
// out no proven neuron, and does not keep others out for longer than that.
//
// How long a record holds is judged by when it was heard, not by its neuron's clock alone: that
// may be off by kMaxBehindMs and kMaxFutureMs (statement.h). What no longer holds is kept unseen
// until nobody would take it for news any more, so that the dead do not come back.
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

  static constexpr std::int64_t kMinStayMs = 60'000;
  // A neuron's statements that follow each other faster are not taken, but for its leave.
  static constexpr std::int64_t kMinRenewalMs = 200;

  // Keeps `statement`, whose signature the caller has checked, if it is news: see lacks().
  // Returns whether it did.
  bool insert(StatementPtr statement, std::int64_t now_ms);

  // Keeps this neuron's own statement, however fast it follows the last: proven, and with room.
  void insert_own(StatementPtr statement, std::int64_t now_ms);

  // Whether `version` is later than what the store has, and there is room for it: a
  // row of weights is kept only with the record of its neuron.
  bool lacks(const Version& version) const;

  // Null if there is none.
  StatementPtr find(Statement::Id id) const;

  // Forgets what no longer holds. Returns the records of the neurons that it no longer knows, of
  // those that are proven.
  std::vector<StatementPtr> expire(std::int64_t now_ms);

  // The neuron answered at the gossip address of its record. Holds until the address changes.
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

  // Everything: records of neurons that are there, and rows of weights, by id.
  struct Content {
    std::vector<StatementPtr> records;
    std::vector<bool> proven;  // of each record
    std::vector<StatementPtr> rows;
  };
  Content content() const;

  // Statements, those of neurons that left or fell silent included.
  std::size_t size() const { return entries_.size(); }
  // Neurons that are there.
  std::size_t neurons() const { return neurons_; }

 private:
  struct Entry {
    StatementPtr statement;
    std::int64_t first_heard_ms = 0;
    std::int64_t heard_ms = 0;      // this issue
    std::int64_t age_heard_ms = 0;  // how old it seemed then, by this clock: its
                                    // delay and the difference of the clocks
    std::int64_t holds_until_ms = 0;
    bool answered = false;
    bool silent = false;  // a record that no longer holds
  };
  using Entries = absl::btree_map<Statement::Id, Entry>;

  static bool is_record(const Statement& statement) {
    return statement.kind == v1::Statement::KIND_RECORD;
  }
  static bool is_neuron(const Entry& entry) {
    return is_record(*entry.statement) && !entry.statement->leaving && !entry.silent;
  }
  // The place in unproven_ of an entry that has one.
  static std::pair<std::int64_t, Statement::Id> place_of(Statement::Id id, const Entry& entry) {
    return {entry.silent ? 0 : entry.first_heard_ms, id};
  }
  bool insert(StatementPtr statement, std::int64_t now_ms, bool own);
  bool knows_neuron_of(Statement::Id row) const;
  bool has_room(std::int64_t now_ms) const;
  void make_room();
  void set_unproven(Statement::Id id, const Entry& entry);
  void fall_silent(Statement::Id id, Entry& entry);
  void note_learnt(Statement::Id id, std::int64_t now_ms);
  Entries::iterator erase(Entries::iterator it);

  const std::size_t max_records_;
  std::int64_t latest_ms_ = 0;  // the time of the last insert or expire
  // By id. Two keys with one id are 2^62 tries away from each other; the second is refused.
  Entries entries_;
  std::size_t records_ = 0;  // with those of neurons that left
  std::size_t neurons_ = 0;
  // Records that may be given up for others, the first to go first.
  std::set<std::pair<std::int64_t, Statement::Id>> unproven_;
  std::deque<std::pair<std::int64_t, Statement::Id>> learnt_;  // when what was learnt, bounded
};

}  // namespace bittensor
