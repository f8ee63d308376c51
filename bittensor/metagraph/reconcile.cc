// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/reconcile.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace bittensor {
namespace {

using Version = RecordStore::Version;

constexpr std::size_t kMaxOffers = 160;
constexpr std::size_t kMaxStatementBytes = kMaxGossipBytes / 2;
constexpr int kMaxVersions = 4096;  // in one list of a message

// How many versions of differing buckets are told: some, and more where one side knows
// much less. So two neurons that know the same say little, however much they know.
constexpr std::size_t kVersions = 64;
constexpr std::size_t kVersionsPerMissing = 4;
constexpr std::size_t kMostVersions = 1024;

using Held = absl::flat_hash_map<Statement::Id, std::int64_t>;

Held held_by(const v1::Versions& versions) {
  Held held;
  for (int i = 0; i < versions.ids_size(); ++i) {
    held.emplace(versions.ids(i), static_cast<std::int64_t>(versions.issued_ms(i)));
  }
  return held;
}

void add(v1::Versions& versions, const Version& version) {
  versions.add_ids(version.id);
  versions.add_issued_ms(static_cast<std::uint64_t>(version.issued_ms));
}

bool has(const Held& held, const Version& version) {
  const auto it = held.find(version.id);
  return it != held.end() && it->second >= version.issued_ms;
}

bool is_form(const v1::Versions& versions) {
  return versions.ids_size() == versions.issued_ms_size() && versions.ids_size() <= kMaxVersions;
}

// Adds statements until a message is full.
template <typename M>
class StatementsOf {
 public:
  explicit StatementsOf(M& message) : message_(message) {}

  // False if there is no room.
  bool add(const Statement& statement) {
    bytes_ += statement.body.size() + statement.signature.size() + 16;
    if (message_.statements_size() >= kMaxStatements || bytes_ > kMaxStatementBytes) return false;
    *message_.add_statements() = to_proto(statement);
    return true;
  }

 private:
  M& message_;
  std::size_t bytes_ = 0;
};

// Adds the ids in `versions` that `store` lacks, each once.
template <typename M>
void want(const RecordStore& store, const v1::Versions& versions, M& message) {
  absl::flat_hash_set<Statement::Id> wanted(message.wanted().begin(), message.wanted().end());
  for (int i = 0; i < versions.ids_size() && message.wanted_size() < kMaxVersions; ++i) {
    const Version version{versions.ids(i), static_cast<std::int64_t>(versions.issued_ms(i))};
    if (store.lacks(version) && wanted.insert(version.id).second) message.add_wanted(version.id);
  }
}

// Chooses differing buckets and adds them with what they hold. Buckets of recent news
// differ because the news is under way, and news has a way of its own (offers): they are
// left out, unless one side knows less than the other.
void add_buckets(const RecordStore& store, const v1::GossipRequest& request,
                 const std::vector<Version>& recent, v1::GossipResponse& response) {
  const std::uint64_t salt = request.salt();
  const RecordStore::Digest ours = store.digest(salt);
  const std::size_t mine = store.size();
  const std::size_t theirs = request.count();
  const std::size_t missing = mine > theirs ? mine - theirs : theirs - mine;

  std::vector<bool> differs(RecordStore::kBuckets);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    differs[i] = ours[i] != request.digest(static_cast<int>(i));
  }
  if (missing == 0) {
    for (const Version& version : recent) {
      differs[RecordStore::bucket_of(version.id, salt)] = false;
    }
    for (const Statement::Id id : request.offers().ids()) {
      differs[RecordStore::bucket_of(id, salt)] = false;
    }
  }

  std::vector<std::vector<Version>> content(RecordStore::kBuckets);
  for (const Version& version : store.versions_in(differs, salt)) {
    content[RecordStore::bucket_of(version.id, salt)].push_back(version);
  }
  const std::size_t budget =
      std::min(kMostVersions, kVersions + kVersionsPerMissing * std::min(missing, kMostVersions));
  std::size_t told = 0;
  for (std::size_t i = 0; i < content.size(); ++i) {
    // Always at least one bucket, else two large stores that differ would never agree.
    if (!differs[i] || (told > 0 && told + content[i].size() > budget)) continue;
    if (told + content[i].size() > static_cast<std::size_t>(kMaxVersions)) continue;
    told += content[i].size();
    response.add_buckets(static_cast<std::uint32_t>(i));
    for (const Version& version : content[i]) add(*response.mutable_versions(), version);
  }
}

}  // namespace

absl::Status check_form(const v1::GossipRequest& request) {
  const auto buckets = static_cast<int>(RecordStore::kBuckets);
  if (request.statements_size() > kMaxStatements || request.wanted_size() > kMaxVersions ||
      !is_form(request.offers()) ||
      (request.digest_size() != 0 && request.digest_size() != buckets)) {
    return absl::InvalidArgumentError("a gossip request of the wrong form");
  }
  return absl::OkStatus();
}

absl::Status check_form(const v1::GossipResponse& response) {
  const bool in_range =
      std::all_of(response.buckets().begin(), response.buckets().end(),
                  [](std::uint32_t bucket) { return bucket < RecordStore::kBuckets; });
  if (response.statements_size() > kMaxStatements || response.wanted_size() > kMaxVersions ||
      !is_form(response.offers()) || !is_form(response.versions()) || !in_range) {
    return absl::InvalidArgumentError("a gossip response of the wrong form");
  }
  return absl::OkStatus();
}

v1::GossipRequest open_exchange(const RecordStore& store, std::uint64_t salt,
                                std::int64_t since_ms) {
  v1::GossipRequest request;
  for (const Version& version : store.learnt_since(since_ms, kMaxOffers)) {
    add(*request.mutable_offers(), version);
  }
  request.set_salt(salt);
  for (const std::uint32_t bucket : store.digest(salt)) request.add_digest(bucket);
  request.set_count(static_cast<std::uint32_t>(store.size()));
  return request;
}

v1::GossipResponse answer(const RecordStore& store, const v1::GossipRequest& request,
                          std::int64_t since_ms) {
  v1::GossipResponse response;
  StatementsOf<v1::GossipResponse> statements(response);
  for (const Statement::Id id : request.wanted()) {
    const StatementPtr statement = store.find(id);
    if (statement && !statements.add(*statement)) break;
  }
  want(store, request.offers(), response);
  if (request.digest_size() == 0) return response;

  const Held offered = held_by(request.offers());
  const std::vector<Version> recent = store.learnt_since(since_ms, kMaxOffers);
  for (const Version& version : recent) {
    if (!has(offered, version)) add(*response.mutable_offers(), version);
  }
  add_buckets(store, request, recent, response);
  return response;
}

v1::GossipRequest follow_up(const RecordStore& store, std::uint64_t salt,
                            const v1::GossipResponse& response) {
  v1::GossipRequest request;
  want(store, response.offers(), request);
  want(store, response.versions(), request);

  StatementsOf<v1::GossipRequest> statements(request);
  for (const Statement::Id id : response.wanted()) {
    const StatementPtr statement = store.find(id);
    if (statement && !statements.add(*statement)) return request;
  }
  const Held theirs = held_by(response.versions());
  std::vector<bool> complete(RecordStore::kBuckets);
  for (const std::uint32_t bucket : response.buckets()) complete[bucket] = true;
  for (const Version& version : store.versions_in(complete, salt)) {
    if (has(theirs, version)) continue;
    if (!statements.add(*store.find(version.id))) return request;
  }
  return request;
}

}  // namespace bittensor
