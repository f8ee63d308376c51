// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/record_store.h"

#include <set>

#include "gtest/gtest.h"

#include "bittensor/metagraph/reconcile.h"
#include "bittensor/metagraph/testing/now.h"

namespace bittensor {
namespace {

constexpr std::int64_t kTtl = 15'000;

// Statements as they are after the check: the store never looks at signatures.
StatementPtr record(int name, std::int64_t issued_ms, bool leaving = false) {
  auto statement = std::make_shared<Statement>();
  statement->kind = v1::Statement::KIND_RECORD;
  std::string key(32, '\0');
  key[1] = static_cast<char>(name);
  key[2] = static_cast<char>(name >> 8);
  statement->key = *PublicKey::from_bytes(key);
  statement->issued_ms = issued_ms;
  statement->expires_ms = issued_ms + kTtl;
  statement->leaving = leaving;
  statement->metagraph_address = "127.0.0.1:" + std::to_string(name + 1);
  return statement;
}

StatementPtr row(int name, std::int64_t issued_ms) {
  auto statement = std::make_shared<Statement>(*record(name, issued_ms));
  statement->kind = v1::Statement::KIND_WEIGHTS;
  return statement;
}

TEST(RecordStore, TheLaterStatementReplacesTheEarlier) {
  RecordStore store(10);
  EXPECT_TRUE(store.insert(record(1, kNow), kNow));
  EXPECT_FALSE(store.insert(record(1, kNow), kNow + 500));
  EXPECT_FALSE(store.insert(record(1, kNow - 1), kNow + 500));
  EXPECT_TRUE(store.insert(record(1, kNow + 1), kNow + 500));
  EXPECT_EQ(store.size(), 1u);
  EXPECT_EQ(store.find(record(1, 0)->id())->issued_ms, kNow + 1);
}

TEST(RecordStore, WhatExpiredIsForgottenAndNotTaken) {
  RecordStore store(10);
  store.insert(record(1, kNow), kNow);
  store.insert(row(1, kNow + 5), kNow);
  store.expire(kNow + kTtl - 1);
  EXPECT_EQ(store.neurons(), 1u);
  EXPECT_EQ(store.size(), 2u);
  store.expire(kNow + kTtl);
  EXPECT_EQ(store.neurons(), 0u);
  EXPECT_TRUE(store.content().records.empty());
  EXPECT_EQ(store.size(), 1u);  // a row does not outlive its record
  EXPECT_FALSE(store.insert(record(1, kNow), kNow + kTtl));
  EXPECT_FALSE(store.lacks({record(1, 0)->id(), kNow}));
  store.expire(kNow + kTtl + kMaxBehindMs);
  EXPECT_EQ(store.size(), 0u);
  EXPECT_FALSE(store.insert(record(1, kNow), kNow + kTtl + kMaxBehindMs));
}

TEST(RecordStore, HowLongARecordHoldsDoesNotDependOnItsNeuronsClock) {
  for (const std::int64_t wrong : {-29'000L, -20'000L, 20'000L, 29'000L}) {
    RecordStore store(10);
    // Heard 100 ms after it was made, renewed every 5 s.
    for (int i = 0; i < 3; ++i) {
      const std::int64_t made = kNow + 5'000 * i;
      EXPECT_TRUE(store.insert(record(1, made + wrong), made + 100)) << wrong;
    }
    const std::int64_t last = kNow + 10'000;
    store.expire(last + kTtl);
    EXPECT_EQ(store.neurons(), 1u) << wrong;
    store.expire(last + kTtl + 100);
    EXPECT_EQ(store.neurons(), 0u) << wrong;
  }
}

TEST(RecordStore, ARecordThatWasLongOnItsWayHoldsForWhatIsLeftOfIt) {
  RecordStore store(10);
  store.insert(record(1, kNow), kNow + 100);
  store.insert(record(1, kNow + 5'000), kNow + 14'000);
  store.expire(kNow + 5'000 + kTtl + 100);
  EXPECT_EQ(store.neurons(), 0u);
}

TEST(RecordStore, WhenThisClockJumpsTheSecondRenewalIsUnderstood) {
  constexpr std::int64_t kJump = 20'000;
  RecordStore store(10);
  store.insert(record(1, kNow), kNow);
  store.insert(record(1, kNow + 5'000), kNow + 5'000 + kJump);
  store.insert(record(1, kNow + 10'000), kNow + 10'000 + kJump);
  store.expire(kNow + 10'000 + kJump + kTtl - 1);
  EXPECT_EQ(store.neurons(), 1u);
}

TEST(RecordStore, StatementsThatFollowTooFastAreNotTakenButForTheLeave) {
  RecordStore store(10);
  store.insert(record(1, kNow), kNow);
  EXPECT_FALSE(store.insert(record(1, kNow + 1), kNow + 199));
  EXPECT_TRUE(store.insert(record(1, kNow + 1), kNow + 200));
  EXPECT_TRUE(store.insert(record(1, kNow + 2, /*leaving=*/true), kNow + 200));
  store.insert_own(record(2, kNow), kNow);
  store.insert_own(record(2, kNow + 1), kNow);
  EXPECT_EQ(store.find(record(2, 0)->id())->issued_ms, kNow + 1);
}

TEST(RecordStore, WhoLeftDoesNotComeBackByAnOlderRecord) {
  RecordStore store(10);
  store.insert(record(1, kNow), kNow);
  store.insert(row(1, kNow), kNow);
  EXPECT_TRUE(store.insert(record(1, kNow + 2, /*leaving=*/true), kNow));
  EXPECT_EQ(store.neurons(), 0u);
  EXPECT_TRUE(store.content().records.empty());
  EXPECT_TRUE(store.content().rows.empty());
  EXPECT_FALSE(store.insert(record(1, kNow + 1), kNow));
  EXPECT_FALSE(store.insert(row(1, kNow + 3), kNow));
  EXPECT_TRUE(store.insert(record(1, kNow + 3), kNow + 500));  // but by a later one
  EXPECT_EQ(store.neurons(), 1u);
}

TEST(RecordStore, AFloodOfStrangersPushesNoProvenNeuronOut) {
  constexpr std::int64_t kLongTtl = 3'600'000;
  const auto long_record = [](int name, std::int64_t issued_ms) {
    auto statement = std::make_shared<Statement>(*record(name, issued_ms));
    statement->expires_ms = issued_ms + kLongTtl;
    return statement;
  };
  RecordStore store(10);
  for (int i = 0; i < 10; ++i) store.insert(long_record(i, kNow), kNow);
  for (int i = 0; i < 6; ++i) store.mark_answered(record(i, 0)->key);
  for (int i = 10; i < 1000; ++i) {
    EXPECT_FALSE(store.lacks({record(i, 0)->id(), kNow}));
    EXPECT_FALSE(store.insert(long_record(i, kNow), kNow + 5));
  }
  const std::int64_t later = kNow + RecordStore::kMinStayMs;
  int taken = 0;
  for (int i = 1000; i < 2000; ++i) {
    taken += store.insert(long_record(i, later), later) ? 1 : 0;
  }
  EXPECT_EQ(taken, 4);  // in the place of those that never answered
  EXPECT_EQ(store.size(), 10u);
  for (int i = 0; i < 6; ++i) EXPECT_NE(store.find(record(i, 0)->id()), nullptr) << i;
}

TEST(RecordStore, ANewcomerTakesThePlaceOfWhoFellSilent) {
  RecordStore store(1);
  store.insert(record(1, kNow), kNow);
  store.mark_answered(record(1, 0)->key);
  store.expire(kNow + kTtl - 1);
  EXPECT_FALSE(store.insert(record(2, kNow + kTtl), kNow + kTtl - 1));
  store.expire(kNow + kTtl);
  EXPECT_TRUE(store.insert(record(2, kNow + kTtl), kNow + kTtl));
  EXPECT_EQ(store.neurons(), 1u);
  EXPECT_EQ(store.size(), 1u);
}

TEST(RecordStore, AnotherAddressIsToBeProvenAgain) {
  RecordStore store(10);
  store.insert(record(1, kNow), kNow);
  store.mark_answered(record(1, 0)->key);
  EXPECT_TRUE(store.content().proven.at(0));
  store.insert(record(1, kNow + 500), kNow + 500);
  EXPECT_TRUE(store.content().proven.at(0));
  auto moved = std::make_shared<Statement>(*record(1, kNow + 1000));
  moved->metagraph_address = "192.0.2.1:1";
  store.insert(moved, kNow + 1000);
  EXPECT_FALSE(store.content().proven.at(0));
}

TEST(RecordStore, ARowIsKeptOnlyWithTheRecordOfItsNeuron) {
  RecordStore store(10);
  EXPECT_FALSE(store.lacks({row(1, kNow)->id(), kNow}));
  EXPECT_FALSE(store.insert(row(1, kNow), kNow));
  store.insert(record(1, kNow), kNow);
  EXPECT_TRUE(store.lacks({row(1, kNow)->id(), kNow}));
  EXPECT_TRUE(store.insert(row(1, kNow), kNow));
}

TEST(RecordStore, ExpiryNamesThoseThatHadAnsweredAtTheirAddress) {
  RecordStore store(10);
  for (int i = 0; i < 3; ++i) store.insert(record(i, kNow), kNow);
  store.mark_answered(record(1, 0)->key);
  const auto gone = store.expire(kNow + kTtl);
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0]->metagraph_address, "127.0.0.1:2");
}

TEST(RecordStore, LatestNewsComesFirstAndOnce) {
  RecordStore store(10);
  store.insert(record(1, kNow), kNow);
  store.insert(record(2, kNow), kNow + 10);
  store.insert(record(1, kNow + 1), kNow + 220);
  const auto news = store.learnt_since(kNow + 5, 10);
  ASSERT_EQ(news.size(), 2u);
  EXPECT_EQ(news[0].id, record(1, 0)->id());
  EXPECT_EQ(news[0].issued_ms, kNow + 1);
  EXPECT_EQ(news[1].id, record(2, 0)->id());
  EXPECT_EQ(store.learnt_since(kNow, 1).size(), 1u);
}

TEST(RecordStore, DigestsAreEqualIfAndOnlyIfTheContentIs) {
  RecordStore a(1000);
  RecordStore b(1000);
  for (int i = 0; i < 500; ++i) a.insert(record(i, kNow), kNow);
  for (int i = 499; i >= 0; --i) b.insert(record(i, kNow), kNow + 7);
  EXPECT_EQ(a.digest(42).size(), RecordStore::kBuckets);
  EXPECT_EQ(a.digest(42), b.digest(42));
  EXPECT_NE(a.digest(42), a.digest(43));
  b.insert(record(77, kNow + 1), kNow + 208);
  const auto mine = a.digest(42);
  const auto theirs = b.digest(42);
  const auto bucket = RecordStore::bucket_of(record(77, 0)->id(), 42);
  for (std::size_t i = 0; i < mine.size(); ++i) EXPECT_EQ(mine[i] == theirs[i], i != bucket);
}

// Brings `a` and `b` together as two neurons do, without network. Returns the bytes sent.
std::size_t exchange(RecordStore& a, RecordStore& b, std::uint64_t salt, std::int64_t since_ms) {
  const auto keep = [](RecordStore& store, const auto& statements) {
    for (const auto& statement : statements) {
      // The name and time are in the body here, in place of a signed message.
      v1::Record body;
      body.ParseFromString(statement.body());
      store.insert(record(static_cast<int>(body.ttl_ms()), body.issued_ms()), kNow);
    }
  };
  const auto open = open_exchange(a, salt, since_ms);
  const auto reply = answer(b, open, since_ms);
  EXPECT_TRUE(check_form(open).ok() && check_form(reply).ok());
  const auto more = follow_up(a, salt, reply);
  EXPECT_TRUE(check_form(more).ok());
  keep(b, more.statements());
  const auto last = answer(b, more, since_ms);
  keep(a, last.statements());
  return open.ByteSizeLong() + reply.ByteSizeLong() + more.ByteSizeLong() + last.ByteSizeLong();
}

void insert_with_body(RecordStore& store, int name, std::int64_t issued_ms, std::int64_t now_ms) {
  auto statement = std::make_shared<Statement>(*record(name, issued_ms));
  v1::Record body;
  body.set_ttl_ms(name);
  body.set_issued_ms(issued_ms);
  statement->body = body.SerializeAsString();
  store.insert(std::move(statement), now_ms);
}

TEST(Reconcile, OneExchangeBringsNewsBothWays) {
  RecordStore a(100);
  RecordStore b(100);
  insert_with_body(a, 1, kNow, kNow);
  insert_with_body(b, 2, kNow, kNow);
  exchange(a, b, 1, kNow);
  EXPECT_EQ(a.size(), 2u);
  EXPECT_EQ(b.size(), 2u);
}

TEST(Reconcile, WhatIsNoNewsAnyMoreIsFoundByTheDigest) {
  RecordStore a(1000);
  RecordStore b(1000);
  for (int i = 0; i < 300; ++i) insert_with_body(i % 2 ? a : b, i, kNow, kNow);
  for (std::uint64_t salt = 0; salt < 8; ++salt) exchange(a, b, salt, kNow + 1);
  EXPECT_EQ(a.size(), 300u);
  EXPECT_EQ(a.digest(9), b.digest(9));
}

TEST(Reconcile, ANewcomerLearnsAThousandInAFewExchanges) {
  RecordStore a(10'000);
  RecordStore b(10'000);
  for (int i = 0; i < 1000; ++i) insert_with_body(b, i, kNow, kNow);
  for (std::uint64_t salt = 0; salt < 6; ++salt) exchange(a, b, salt, kNow + 1);
  EXPECT_EQ(a.size(), 1000u);
}

TEST(Reconcile, ThoseThatAgreeSayTheSameLittleWhateverTheyKnow) {
  std::set<std::size_t> sizes;
  for (const int count : {100, 1000, 5000}) {
    RecordStore a(10'000);
    RecordStore b(10'000);
    for (int i = 0; i < count; ++i) {
      insert_with_body(a, i, kNow, kNow);
      insert_with_body(b, i, kNow, kNow);
    }
    const std::size_t bytes = exchange(a, b, 5, kNow + 1);
    EXPECT_LT(bytes, 600u);
    sizes.insert(bytes);
  }
  EXPECT_LE(*sizes.rbegin() - *sizes.begin(),
            2u);  // the count takes a byte more
}

TEST(Reconcile, MessagesOfTheWrongFormAreRefused) {
  v1::GossipRequest request;
  EXPECT_TRUE(check_form(request).ok());
  request.add_digest(1);
  EXPECT_FALSE(check_form(request).ok());
  request.clear_digest();
  request.mutable_offers()->add_ids(1);
  EXPECT_FALSE(check_form(request).ok());
  request.Clear();
  for (int i = 0; i < kMaxStatements + 1; ++i) request.add_statements();
  EXPECT_FALSE(check_form(request).ok());

  v1::GossipResponse response;
  response.add_buckets(RecordStore::kBuckets);
  EXPECT_FALSE(check_form(response).ok());
}

TEST(Reconcile, AStrangersWantsAndVersionsOfAnyKindAreHarmless) {
  RecordStore store(100);
  for (int i = 0; i < 50; ++i) insert_with_body(store, i, kNow, kNow);
  v1::GossipRequest request;
  for (int i = 0; i < 4000; ++i) request.add_wanted(record(i % 50, 0)->id());
  request.mutable_offers()->add_ids(0);
  request.mutable_offers()->add_issued_ms(~std::uint64_t{0});
  request.set_count(~std::uint32_t{0});
  for (std::size_t i = 0; i < RecordStore::kBuckets; ++i) request.add_digest(7);
  const auto response = answer(store, request, kNow);
  EXPECT_LE(response.statements_size(), kMaxStatements);
  EXPECT_EQ(response.wanted_size(), 0);
  EXPECT_LE(response.ByteSizeLong(), kMaxGossipBytes);
}

}  // namespace
}  // namespace bittensor
