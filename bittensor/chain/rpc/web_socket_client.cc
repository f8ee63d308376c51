// SPDX-License-Identifier: MIT
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <thread>

#include "boost/asio/post.hpp"
#include "boost/beast/websocket.hpp"
#include "boost/beast/websocket/ssl.hpp"

#include "bittensor/base/mutex.h"
#include "bittensor/chain/rpc/stream.h"

namespace bittensor::internal {
namespace {

namespace websocket = beast::websocket;

// One open connection. After start() everything but the constructor's parts runs on the thread
// of its context.
class Session {
 public:
  virtual ~Session() = default;
  virtual absl::Status open(const Endpoint& endpoint, TimePoint deadline) = 0;
  virtual void start(std::function<void(absl::string_view)> on_message,
                     std::function<void(absl::string_view)> on_closed) = 0;
  virtual void send(std::string text) = 0;
};

template <typename Stream>
class StreamSession final : public Session {
 public:
  template <typename... Arguments>
  explicit StreamSession(asio::io_context& context, Arguments&&... arguments)
      : context_(context), socket_(context, std::forward<Arguments>(arguments)...) {}

  absl::Status open(const Endpoint& endpoint, TimePoint deadline) override {
    auto& tcp = beast::get_lowest_layer(socket_);
    BITTENSOR_RETURN_IF_ERROR(connect_tcp(context_, tcp, endpoint, deadline));
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      BITTENSOR_RETURN_IF_ERROR(start_tls(context_, socket_.next_layer(), endpoint, deadline));
    }
    tcp.expires_never();
    // A node that went silent is noticed by its pongs.
    websocket::stream_base::timeout limits{};
    limits.handshake_timeout = websocket::stream_base::none();
    limits.idle_timeout = std::chrono::seconds(20);
    limits.keep_alive_pings = true;
    socket_.set_option(limits);
    socket_.read_message_max(kMaxRpcBytes);
    const beast::error_code error = run_step(
        context_, deadline,
        [&](auto handler) {
          socket_.async_handshake(absl::StrCat(endpoint.host, ":", endpoint.port), endpoint.path,
                                  handler);
        },
        [&] { tcp.close(); });
    if (error) return stream_error(endpoint, "begin WebSocket", error);
    return absl::OkStatus();
  }

  void start(std::function<void(absl::string_view)> on_message,
             std::function<void(absl::string_view)> on_closed) override {
    on_message_ = std::move(on_message);
    on_closed_ = std::move(on_closed);
    read();
  }

  void send(std::string text) override {
    waiting_.push_back(std::move(text));
    if (waiting_.size() == 1) write();
  }

 private:
  void read() {
    socket_.async_read(buffer_, [this](const beast::error_code& error, std::size_t) {
      if (error) return on_closed_(error.message());
      const auto data = buffer_.cdata();
      on_message_({static_cast<const char*>(data.data()), data.size()});
      buffer_.consume(buffer_.size());
      read();
    });
  }

  void write() {
    socket_.text(true);
    socket_.async_write(asio::buffer(waiting_.front()),
                        [this](const beast::error_code& error, std::size_t) {
                          if (error) return on_closed_(error.message());
                          waiting_.pop_front();
                          if (!waiting_.empty()) write();
                        });
  }

  asio::io_context& context_;
  websocket::stream<Stream> socket_;
  beast::flat_buffer buffer_;
  std::deque<std::string> waiting_;
  std::function<void(absl::string_view)> on_message_;
  std::function<void(absl::string_view)> on_closed_;
};

class WebSocketClient final : public RpcClient {
 public:
  WebSocketClient(Endpoint endpoint, std::optional<asio::ssl::context> tls)
      : endpoint_(std::move(endpoint)), tls_(std::move(tls)) {
    if (tls_.has_value()) {
      session_ = std::make_unique<StreamSession<TlsStream>>(context_, *tls_);
    } else {
      session_ = std::make_unique<StreamSession<PlainStream>>(context_);
    }
  }

  ~WebSocketClient() override {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status open(TimePoint deadline) {
    BITTENSOR_RETURN_IF_ERROR(session_->open(endpoint_, deadline));
    session_->start([this](absl::string_view text) { on_message(text); },
                    [this](absl::string_view why) { close(why); });
    context_.restart();
    thread_ = std::thread([this] { context_.run(); });
    return absl::OkStatus();
  }

  absl::StatusOr<Json> call(const std::string& method, const Json& params,
                            TimePoint deadline) override BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    const std::uint64_t id = ++last_id_;
    const auto answer = answers_.emplace(id, std::nullopt).first;
    asio::post(context_, [this, request = rpc_request(id, method, params)]() mutable {
      session_->send(std::move(request));
    });
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
    if (!message.ok()) return close(message.status().message());
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

  void close(absl::string_view why) BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (closed_.ok()) {
      closed_ = absl::UnavailableError(absl::StrCat(endpoint_.to_string(), ": ", why));
    }
    changed_.notify_all();
    context_.stop();
  }

  const Endpoint endpoint_;
  asio::io_context context_;
  std::optional<asio::ssl::context> tls_;
  std::unique_ptr<Session> session_;
  std::thread thread_;

  Mutex mutex_;
  std::condition_variable_any changed_;
  absl::Status closed_ BITTENSOR_GUARDED_BY(mutex_);
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
  std::optional<asio::ssl::context> tls;
  if (endpoint.tls) {
    BITTENSOR_ASSIGN_OR_RETURN(tls, make_tls_context(endpoint, options));
  }
  auto client = std::make_unique<WebSocketClient>(endpoint, std::move(tls));
  BITTENSOR_RETURN_IF_ERROR(client->open(deadline));
  return std::unique_ptr<RpcClient>(std::move(client));
}

}  // namespace bittensor::internal
