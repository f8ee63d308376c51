// SPDX-License-Identifier: MIT
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "bittensor/base/mutex.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/chain/rpc/clients.h"
#include "bittensor/chain/rpc/connection.h"
#include "bittensor/chain/rpc/http.h"
#include "bittensor/chain/rpc/web_socket.h"

namespace bittensor::internal {
namespace {

constexpr std::size_t kPiece = 64 << 10;
// A node that says nothing for so long is asked whether it is there, and after twice that is gone.
constexpr auto kQuiet = std::chrono::seconds(10);

TimePoint now() {
  return std::chrono::steady_clock::now();
}

class WebSocketClient final : public RpcClient {
 public:
  WebSocketClient(Endpoint endpoint, RpcOptions options)
      : endpoint_(std::move(endpoint)), options_(std::move(options)) {}

  ~WebSocketClient() override {
    fail("it was closed");
    if (thread_.joinable()) thread_.join();
  }

  absl::Status open(TimePoint deadline) {
    BITTENSOR_ASSIGN_OR_RETURN(connection_, Connection::open(endpoint_, options_, deadline));
    BITTENSOR_RETURN_IF_ERROR(shake_hands(deadline));
    thread_ = std::thread([this] { talk(); });
    return absl::OkStatus();
  }

  absl::StatusOr<Json> call(const std::string& method, const Json& params,
                            TimePoint deadline) override BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    const std::uint64_t id = ++last_id_;
    const auto answer = answers_.emplace(id, std::nullopt).first;
    waiting_.push_back(web_socket_frame(WebSocketKind::kText, rpc_request(id, method, params)));
    connection_->wake();
    while (closed_.ok() && !answer->second.has_value()) {
      if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) break;
    }
    std::optional<absl::StatusOr<Json>> result = std::move(answer->second);
    answers_.erase(answer);
    if (result.has_value()) return *std::move(result);
    if (!closed_.ok()) return closed_;
    return absl::DeadlineExceededError(
        absl::StrCat(endpoint_.to_string(), ": no answer to ", method, " in time"));
  }

  absl::StatusOr<Json> next_head(std::uint64_t seen, TimePoint deadline) override
      BITTENSOR_EXCLUDES(mutex_) {
    BITTENSOR_RETURN_IF_ERROR(subscribe(deadline));
    MutexLock lock(mutex_);
    while (closed_.ok() && (!head_.has_value() || head_number_ == seen)) {
      if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) break;
    }
    if (!closed_.ok()) return closed_;
    if (head_.has_value() && head_number_ != seen) return *head_;
    return absl::DeadlineExceededError(
        absl::StrCat(endpoint_.to_string(), ": no new block in time"));
  }

 private:
  absl::Status unavailable(absl::string_view why) const {
    return absl::UnavailableError(absl::StrCat(endpoint_.to_string(), ": ", why));
  }

  absl::Status shake_hands(TimePoint deadline) {
    const std::string key = web_socket_key();
    BITTENSOR_RETURN_IF_ERROR(connection_->write(
        http_head(endpoint_, "GET",
                  absl::StrCat("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ",
                               key, "\r\nSec-WebSocket-Version: 13\r\n")),
        deadline));
    HttpAnswer answer(kMaxRpcBytes);
    std::vector<char> piece(kPiece);
    while (!answer.has_head()) {
      const auto size = connection_->read(piece.data(), piece.size(), deadline);
      if (absl::IsOutOfRange(size.status())) return unavailable("it closed the connection");
      BITTENSOR_RETURN_IF_ERROR(size.status());
      const absl::Status status = answer.add({piece.data(), *size});
      if (!status.ok()) return unavailable(status.message());
    }
    if (answer.status() != 101 || answer.header("sec-websocket-accept") != web_socket_accept(key) ||
        !absl::EqualsIgnoreCase(answer.header("upgrade"), "websocket")) {
      return unavailable(
          absl::StrCat("it does not speak WebSocket: HTTP status ", answer.status()));
    }
    begun_ = answer.rest();
    return absl::OkStatus();
  }

  // Writes what waits and reads what comes, until one of the two fails.
  void talk() BITTENSOR_EXCLUDES(mutex_) {
    std::vector<char> piece(kPiece);
    absl::Status status = take(begun_);
    while (status.ok() && is_open()) {
      status = write_waiting();
      if (!status.ok()) break;
      const TimePoint quiet_at = heard_ + (pinged_ ? 2 * kQuiet : kQuiet);
      const auto size = connection_->read(piece.data(), piece.size(), quiet_at);
      if (absl::IsDeadlineExceeded(size.status()) && !pinged_) {
        pinged_ = true;
        status = connection_->write(web_socket_frame(WebSocketKind::kPing, ""), now() + kQuiet);
        continue;
      }
      status = size.ok() ? take({piece.data(), *size}) : size.status();
    }
    if (!status.ok()) fail(status.message());
  }

  bool is_open() BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return closed_.ok();
  }

  absl::Status write_waiting() BITTENSOR_EXCLUDES(mutex_) {
    std::deque<std::string> waiting;
    {
      MutexLock lock(mutex_);
      waiting.swap(waiting_);
    }
    for (const std::string& frame : waiting) {
      BITTENSOR_RETURN_IF_ERROR(connection_->write(frame, now() + 2 * kQuiet));
    }
    return absl::OkStatus();
  }

  // Reads what came; nothing: it was only woken.
  absl::Status take(absl::string_view bytes) BITTENSOR_EXCLUDES(mutex_) {
    if (bytes.empty()) return absl::OkStatus();
    heard_ = now();
    pinged_ = false;
    absl::Status status;
    const absl::Status read = reader_.add(bytes, [&](WebSocketKind kind, absl::string_view text) {
      if (!status.ok()) return;
      if (kind == WebSocketKind::kClose) {
        status = absl::UnavailableError("it closed the connection");
      } else if (kind == WebSocketKind::kPing) {
        status = connection_->write(web_socket_frame(WebSocketKind::kPong, text), now() + kQuiet);
      } else if (kind != WebSocketKind::kPong) {
        on_message(text);
      }
    });
    return status.ok() ? read : status;
  }

  // Asks once for all new heads.
  absl::Status subscribe(TimePoint deadline) BITTENSOR_EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      if (subscribed_) return absl::OkStatus();
      subscribed_ = true;
    }
    const absl::StatusOr<Json> subscription =
        call("chain_subscribeNewHeads", Json::array(), deadline);
    if (subscription.ok()) return absl::OkStatus();
    MutexLock lock(mutex_);
    subscribed_ = false;
    return subscription.status();
  }

  void on_message(absl::string_view text) BITTENSOR_EXCLUDES(mutex_) {
    absl::StatusOr<RpcMessage> message = read_rpc_message(text);
    if (!message.ok()) return fail(message.status().message());
    MutexLock lock(mutex_);
    if (message->id.has_value()) {
      const auto answer = answers_.find(*message->id);
      if (answer != answers_.end()) answer->second = std::move(message->result);
    } else if (message->result.ok()) {
      // There is one subscription, to heads; anything else has no number.
      const absl::StatusOr<std::uint64_t> number = number_of_header(*message->result);
      if (number.ok()) {
        head_number_ = *number;
        head_ = *std::move(message->result);
      }
    }
    changed_.notify_all();
  }

  // From now on it answers nothing but this.
  void fail(absl::string_view why) BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (closed_.ok()) closed_ = unavailable(why);
    changed_.notify_all();
    if (connection_ != nullptr) connection_->wake();
  }

  const Endpoint endpoint_;
  const RpcOptions options_;
  std::unique_ptr<Connection> connection_;  // the thread's, but for wake()
  std::thread thread_;
  // Of the thread.
  std::string begun_;  // what came with the handshake
  WebSocketReader reader_{kMaxRpcBytes};
  TimePoint heard_ = now();
  bool pinged_ = false;  // since it was heard

  Mutex mutex_;
  std::condition_variable_any changed_;
  absl::Status closed_ BITTENSOR_GUARDED_BY(mutex_);
  std::deque<std::string> waiting_ BITTENSOR_GUARDED_BY(mutex_);  // frames to write
  std::uint64_t last_id_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, std::optional<absl::StatusOr<Json>>> answers_
      BITTENSOR_GUARDED_BY(mutex_);
  bool subscribed_ BITTENSOR_GUARDED_BY(mutex_) = false;
  std::optional<Json> head_ BITTENSOR_GUARDED_BY(mutex_);
  std::uint64_t head_number_ BITTENSOR_GUARDED_BY(mutex_) = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RpcClient>> connect_web_socket(const Endpoint& endpoint,
                                                              const RpcOptions& options,
                                                              TimePoint deadline) {
  auto client = std::make_unique<WebSocketClient>(endpoint, options);
  BITTENSOR_RETURN_IF_ERROR(client->open(deadline));
  return std::unique_ptr<RpcClient>(std::move(client));
}

}  // namespace bittensor::internal
