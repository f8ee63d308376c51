// SPDX-License-Identifier: MIT
#include "bittensor/chain/rpc/reconnecting_client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

namespace bittensor {
namespace {

TimePoint now() {
  return std::chrono::steady_clock::now();
}

// Another node, or the same a little later, may do better.
bool may_pass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

ReconnectingClient::ReconnectingClient(Options options, std::size_t endpoints, Connect connect,
                                       std::shared_ptr<std::atomic<bool>> closed)
    : options_(options),
      connect_(std::move(connect)),
      endpoints_(endpoints),
      closed_(std::move(closed)),
      rotation_(endpoints, options.first_pause, options.longest_pause) {}

std::uint64_t ReconnectingClient::connections() const {
  MutexLock lock(mutex_);
  return connections_;
}

absl::StatusOr<ReconnectingClient::Connection> ReconnectingClient::connect(std::size_t endpoint,
                                                                           TimePoint deadline) {
  absl::StatusOr<std::unique_ptr<RpcClient>> client = connect_(endpoint, deadline);
  if (!client.ok()) return client.status();
  if (check_) {
    absl::Status status = check_(**client, deadline);
    if (!status.ok()) return status;
  }
  return Connection{std::shared_ptr<RpcClient>(*std::move(client)), endpoint};
}

absl::StatusOr<ReconnectingClient::Connection> ReconnectingClient::connection(TimePoint deadline) {
  MutexLock lock(mutex_);
  while (true) {
    if (*closed_) return absl::CancelledError("the chain's client was closed");
    if (current_.client != nullptr) return current_;
    const EndpointRotation::Turn turn = rotation_.next();
    const bool later = connecting_ || turn.when > now();
    if (now() >= deadline || (later && !connecting_ && turn.when >= deadline)) {
      return last_error_.ok() ? absl::DeadlineExceededError("no node could be asked in time")
                              : last_error_;
    }
    if (later) {
      changed_.wait_until(mutex_, connecting_ ? deadline : std::min(deadline, turn.when));
      continue;
    }
    connecting_ = true;
    mutex_.unlock();
    absl::StatusOr<Connection> made =
        connect(turn.endpoint, std::min(deadline, now() + options_.answer_timeout));
    mutex_.lock();
    connecting_ = false;
    changed_.notify_all();
    if (made.ok() && !*closed_) {
      current_ = *std::move(made);
      ++connections_;
      hopeless_ = 0;
      continue;
    }
    if (*closed_) continue;
    if (last_error_.message() != made.status().message()) {
      spdlog::warn("chain: {}", std::string(made.status().message()));
    }
    last_error_ = made.status();
    rotation_.failed(turn.endpoint, now());
    hopeless_ = may_pass(last_error_) ? 0 : hopeless_ + 1;
    if (hopeless_ >= endpoints_) return last_error_;
  }
}

void ReconnectingClient::close() {
  *closed_ = true;
  MutexLock lock(mutex_);
  changed_.notify_all();
}

void ReconnectingClient::drop(const Connection& connection) {
  MutexLock lock(mutex_);
  if (current_.client != connection.client) return;
  current_ = {};
  rotation_.failed(connection.endpoint, now());
}

template <typename Ask>
absl::StatusOr<Json> ReconnectingClient::ask(TimePoint deadline, Ask ask_once) {
  while (true) {
    absl::StatusOr<Connection> connection = this->connection(deadline);
    if (!connection.ok()) return connection.status();
    absl::StatusOr<Json> answer = ask_once(*connection->client);
    if (!may_pass(answer.status())) {
      if (answer.ok()) {
        MutexLock lock(mutex_);
        rotation_.succeeded(connection->endpoint);
        last_error_ = absl::OkStatus();
      }
      return answer;
    }
    // A caller in a hurry does not tell that the node is slow.
    if (absl::IsDeadlineExceeded(answer.status()) && now() >= deadline) return answer;
    if (*closed_) return absl::CancelledError("the chain's client was closed");
    spdlog::warn("chain: {}", std::string(answer.status().message()));
    {
      MutexLock lock(mutex_);
      last_error_ = answer.status();
    }
    drop(*connection);
  }
}

absl::StatusOr<Json> ReconnectingClient::call(const std::string& method, const Json& params,
                                              TimePoint deadline) {
  return ask(deadline, [&](RpcClient& client) {
    return client.call(method, params, std::min(deadline, now() + options_.answer_timeout));
  });
}

absl::StatusOr<Json> ReconnectingClient::next_head(std::uint64_t seen, TimePoint deadline) {
  return ask(deadline, [&](RpcClient& client) { return client.next_head(seen, deadline); });
}

std::unique_ptr<ReconnectingClient> make_reconnecting_client(std::vector<Endpoint> endpoints,
                                                             RpcOptions rpc,
                                                             ReconnectingClient::Options options) {
  const std::size_t count = endpoints.size();
  auto closed = std::make_shared<std::atomic<bool>>(false);
  rpc.closed = closed;
  return std::make_unique<ReconnectingClient>(
      options, count,
      [endpoints = std::move(endpoints), rpc = std::move(rpc)](std::size_t index,
                                                               TimePoint deadline) {
        return connect_rpc(endpoints[index], rpc, deadline);
      },
      std::move(closed));
}

}  // namespace bittensor
