// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/testing/swarm.h"

#include <string>
#include <utility>

#include "bittensor/base/check.h"

namespace bittensor {
namespace {

constexpr Duration kRound = std::chrono::milliseconds(500);

Wallet wallet_of(int number) {
  std::string seed(32, 's');
  seed[0] = static_cast<char>(number);
  seed[1] = static_cast<char>(number >> 8);
  return *Wallet::from_seed(seed);
}

v1::Record record_at(const std::string& address) {
  v1::Record record;
  record.set_axon_address("127.0.0.1:8091");
  record.set_metagraph_address(address);
  *record.mutable_schema() = to_proto(Schema{Modality::kImage, at::kFloat, {1, -1, -1}, 1024});
  return record;
}

}  // namespace

struct Swarm::Member {
  Member(int number, Switchboard& board, Executor& executor)
      : wallet(wallet_of(number)), transport(board.make_transport()), publisher(wallet, {kRound}) {
    Gossip::Options options;
    options.round = options.fast_round = kRound;
    options.on_round = [this, &executor] { renew(executor.unix_ms()); };
    gossip = std::make_shared<Gossip>(options, *transport, wallet, executor);
    const absl::Status started = gossip->start();
    BITTENSOR_CHECK(started.ok()) << started;
    publisher.set_record(record_at(gossip->listen_address()));
  }

  void renew(std::int64_t now_ms) {
    const std::size_t neurons = gossip->snapshot()->records.size();
    for (StatementPtr& statement : publisher.due(now_ms, neurons, gossip->newest_of_self())) {
      gossip->publish(std::move(statement));
    }
  }

  const Wallet wallet;
  const std::unique_ptr<Transport> transport;
  Publisher publisher;
  std::shared_ptr<Gossip> gossip;
};

Swarm::Swarm(int neurons) {
  std::vector<StatementPtr> all;
  for (int i = 0; i < neurons; ++i) {
    members_.push_back(std::make_unique<Member>(i, board_, executor_));
    Publisher& publisher = members_.back()->publisher;
    const auto count = static_cast<std::size_t>(neurons);
    // The last renewals were at all times, as if the network had been there for long.
    const std::int64_t age_ms = publisher.ttl_ms(count) / 3 * i / neurons;
    for (StatementPtr& one : publisher.due(executor_.unix_ms() - age_ms, count, 0)) {
      all.push_back(std::move(one));
    }
  }
  for (const auto& member : members_) {
    for (const StatementPtr& statement : all) member->gossip->publish(statement);
  }
}

Swarm::~Swarm() {
  for (const auto& member : members_) member->gossip->stop(nullptr, Duration::zero());
  executor_.run();
}

void Swarm::run_rounds(int rounds) {
  executor_.advance(rounds * kRound);
}

int Swarm::rounds_until_all_know_news(int at_most) {
  Member& source = *members_.front();
  v1::Record news = record_at(source.gossip->listen_address());
  news.set_axon_address("127.0.0.1:1");
  source.publisher.set_record(news);
  source.renew(executor_.unix_ms());
  const auto knows = [&](const Member& member) {
    for (const StatementPtr& record : member.gossip->snapshot()->records) {
      if (record->key == source.wallet.key()) return record->axon_address == "127.0.0.1:1";
    }
    return false;
  };
  for (int round = 0; round <= at_most; ++round) {
    std::size_t informed = 0;
    for (const auto& member : members_) informed += knows(*member) ? 1 : 0;
    if (informed == members_.size()) return round;
    run_rounds(1);
  }
  return at_most + 1;
}

std::uint64_t Swarm::bytes_sent() const {
  std::uint64_t bytes = 0;
  for (const auto& member : members_) bytes += member->gossip->stats().bytes_sent;
  return bytes;
}

bool Swarm::whole() const {
  for (const auto& member : members_) {
    if (member->gossip->snapshot()->records.size() != members_.size()) return false;
  }
  return true;
}

}  // namespace bittensor
