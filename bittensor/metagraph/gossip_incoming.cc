// SPDX-License-Identifier: MIT
//
// What others send to a Gossip: their requests, and the statements in all they say.
#include <algorithm>
#include <utility>

#include "spdlog/spdlog.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/metagraph/gossip.h"
#include "bittensor/metagraph/reconcile.h"
#include "bittensor/metagraph/work.h"
#include "bittensor/transport/address.h"
#include "bittensor/trust/envelope.h"

namespace bittensor {
namespace {

std::size_t size_of(const Transport::Reply& reply) {
  return reply.ok() ? reply->body.size() + reply->envelope.size() : 0;
}

}  // namespace

Transport::Reply Gossip::handle(const Transport::Request& request) {
  const auto serve = [&]() -> Transport::Reply {
    const Message& message = request.message;
    BITTENSOR_ASSIGN_OR_RETURN(const auto ticket, admission_.arrive(request.peer, executor_.now()));
    auto opened = open_request(message.envelope, kMethod, message.body);
    if (!opened.ok()) {
      admission_.note_refused(*ticket, executor_.now());
      return opened.status();
    }
    const Envelope envelope = *std::move(opened);
    // A stranger's replays must not use up the rate of the key that signed them.
    BITTENSOR_RETURN_IF_ERROR(replay_guard_.check(envelope, executor_.unix_ms(), true));
    BITTENSOR_RETURN_IF_ERROR(
        admission_.identify(*ticket, envelope.sender, message.body.size(), executor_.now()));
    if (envelope.sender == wallet_.key())
      return absl::FailedPreconditionError("a neuron does not gossip with itself");
    BITTENSOR_RETURN_IF_ERROR(replay_guard_.admit(envelope, executor_.unix_ms(), true));
    v1::GossipRequest asked;
    if (!asked.ParseFromString(message.body.flatten()))
      return absl::InvalidArgumentError("not a gossip request");
    BITTENSOR_RETURN_IF_ERROR(check_form(asked));
    BITTENSOR_ASSIGN_OR_RETURN(const v1::GossipResponse response, respond(asked));
    note_where_it_called_from(envelope, request.peer);
    Payload body(response.SerializeAsString());
    std::string proof = seal_reply(wallet_, envelope, kMethod, body, executor_.unix_ms());
    return Message{std::move(proof), std::move(body)};
  };
  Transport::Reply reply = serve();
  if (!reply.ok()) spdlog::debug("gossip from {}: {}", request.peer, reply.status().ToString());
  MutexLock lock(mutex_);
  stats_.refused += reply.ok() ? 0 : 1;
  stats_.bytes_sent += size_of(reply);
  return reply;
}

// Who calls from the host of its record is there: nobody signs for another, and a TCP connection
// has two ends.
void Gossip::note_where_it_called_from(const Envelope& envelope, const std::string& host) {
  MutexLock lock(mutex_);
  const StatementPtr record =
      store_.find(Statement::id_of(v1::Statement::KIND_RECORD, envelope.sender));
  if (record == nullptr || record->key != envelope.sender) return;
  const auto address = parse_address(record->metagraph_address);
  if (!address.ok() || address->host != host) return;
  store_.mark_answered(envelope.sender);
  snapshot_.reset();
}

absl::StatusOr<v1::GossipResponse> Gossip::respond(const v1::GossipRequest& request) {
  BITTENSOR_RETURN_IF_ERROR(keep(request.statements()));
  MutexLock lock(mutex_);
  return answer(store_, request, learnt_lately_ms());
}

// The work is in records; a row is kept only with the record of its neuron.
bool Gossip::has_work(const Statement& statement) const {
  return options_.difficulty == 0 || statement.kind != v1::Statement::KIND_RECORD ||
         work_bits(statement.key, statement.work) >= options_.difficulty;
}

absl::Status Gossip::keep(const Statements& statements) {
  const std::int64_t now_ms = executor_.unix_ms();
  std::vector<StatementPtr> news;
  std::uint64_t refused = 0;
  for (const v1::Statement& statement : statements) {
    auto read = read_statement(statement, now_ms);
    if (read.ok() && has_work(**read)) {
      news.push_back(*std::move(read));
    } else {
      ++refused;  // a newer program's, or a slow relay's: the others may be good
    }
  }
  {
    MutexLock lock(mutex_);
    stats_.refused += refused;
    // A signature costs more than all the rest: only what is news is worth it.
    const auto known = [this](const StatementPtr& statement) BITTENSOR_REQUIRES(mutex_) {
      const StatementPtr held = store_.find(statement->id());
      return held && held->issued_ms >= statement->issued_ms;
    };
    news.erase(std::remove_if(news.begin(), news.end(), known), news.end());
  }
  // Nobody honest passes on a forged one.
  if (!std::all_of(news.begin(), news.end(), [](const auto& one) { return is_signed(*one); }))
    return absl::InvalidArgumentError("a statement that its neuron did not sign");
  // Records first: a row is kept only with the record of its neuron.
  std::stable_partition(news.begin(), news.end(), [](const StatementPtr& statement) {
    return statement->kind == v1::Statement::KIND_RECORD;
  });

  MutexLock lock(mutex_);
  for (StatementPtr& statement : news) {
    if (statement->key == wallet_.key()) {
      newest_of_self_ = std::max(newest_of_self_, statement->issued_ms);
    } else if (store_.insert(std::move(statement), now_ms)) {
      snapshot_.reset();
    }
  }
  return absl::OkStatus();
}

}  // namespace bittensor
