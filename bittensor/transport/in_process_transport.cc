// SPDX-License-Identifier: MIT
#include "bittensor/transport/in_process_transport.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/transport/address.h"
#include "bittensor/transport/pending_calls.h"

namespace bittensor {
namespace {

// A call as its server sees it. Finishing it twice does nothing.
struct Caller {
  void finish(Transport::Reply reply) const {
    if (reply.ok() && reply->body.size() > max_reply_bytes) {
      reply = absl::ResourceExhaustedError(
          absl::StrCat("a reply of ", reply->body.size(), " bytes, of at most ", max_reply_bytes));
    }
    pending->finish(id, std::move(reply));
  }

  std::shared_ptr<PendingCalls> pending;  // Shared: the peer may answer after the caller is gone.
  PendingCalls::Id id;
  std::size_t max_reply_bytes;
};

}  // namespace

// What is served at one address. Lives as long as a request is under way.
class Switchboard::Server : public std::enable_shared_from_this<Server> {
 public:
  Server(Executor& executor, std::vector<std::string> methods, std::size_t max_message_bytes,
         Transport::Handler handler)
      : executor_(executor),
        methods_(std::move(methods)),
        max_message_bytes_(max_message_bytes),
        handler_(std::move(handler)) {}

  absl::Status admit(const std::string& method, const Payload& body) const {
    if (std::find(methods_.begin(), methods_.end(), method) == methods_.end())
      return absl::UnimplementedError("no method " + method);
    if (body.size() > max_message_bytes_) {
      return absl::ResourceExhaustedError(
          absl::StrCat("a message of ", body.size(), " bytes, of at most ", max_message_bytes_));
    }
    return absl::OkStatus();
  }

  void serve(Transport::Request request, Caller caller) {
    std::shared_ptr<UnderWay> call;
    {
      MutexLock lock(mutex_);
      if (!open_) return caller.finish(absl::UnavailableError("the peer has closed"));
      call = std::make_shared<UnderWay>(shared_from_this(), next_id_++, std::move(caller));
      calls_[call->id] = call;
      ++running_;
    }
    handler_(std::move(request), [call = std::move(call)](Transport::Reply reply) {
      call->caller.finish(std::move(reply));
    });
    MutexLock lock(mutex_);
    --running_;
    idle_.notify_all();
  }

  void close(TimePoint deadline) {
    {
      MutexLock lock(mutex_);
      open_ = false;
      while (running_ > 0) idle_.wait(mutex_);
    }
    if (deadline <= executor_.now()) return cut();
    executor_.post_at(deadline, [server = shared_from_this()] { server->cut(); });
  }

 private:
  // A request that a handler has, until it drops its ReplyFn.
  struct UnderWay {
    UnderWay(std::shared_ptr<Server> at, std::uint64_t number, Caller from)
        : server(std::move(at)), id(number), caller(std::move(from)) {}
    ~UnderWay() {
      caller.finish(absl::InternalError("the peer dropped the request without a reply"));
      MutexLock lock(server->mutex_);
      server->calls_.erase(id);
    }

    const std::shared_ptr<Server> server;
    const std::uint64_t id;
    const Caller caller;
  };

  void cut() {
    std::vector<std::shared_ptr<UnderWay>> calls;  // Released outside the lock.
    {
      MutexLock lock(mutex_);
      for (const auto& [id, weak] : calls_) calls.push_back(weak.lock());
    }
    for (const auto& call : calls) {
      if (call) call->caller.finish(absl::UnavailableError("the peer has closed"));
    }
  }

  Executor& executor_;
  const std::vector<std::string> methods_;
  const std::size_t max_message_bytes_;
  const Transport::Handler handler_;
  Mutex mutex_;
  std::condition_variable_any idle_;
  bool open_ BITTENSOR_GUARDED_BY(mutex_) = true;
  int running_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::uint64_t next_id_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, std::weak_ptr<UnderWay>> calls_ BITTENSOR_GUARDED_BY(mutex_);
};

class InProcessListener final : public Transport::Listener {
 public:
  InProcessListener(Switchboard& board, std::string address,
                    std::shared_ptr<Switchboard::Server> server)
      : board_(board), address_(std::move(address)), server_(std::move(server)) {}
  ~InProcessListener() override { InProcessListener::close(TimePoint::min()); }

  const std::string& address() const override { return address_; }

  void close(TimePoint deadline) override {
    if (!closed_) board_.remove(address_);
    closed_ = true;
    server_->close(deadline);
  }

 private:
  Switchboard& board_;
  const std::string address_;
  const std::shared_ptr<Switchboard::Server> server_;
  bool closed_ = false;  // The address may be another's by now.
};

class InProcessTransport final : public Transport {
 public:
  InProcessTransport(Switchboard& board, std::string host)
      : board_(board), host_(std::move(host)) {}
  ~InProcessTransport() override { InProcessTransport::close(); }

  absl::StatusOr<std::unique_ptr<Listener>> listen(const std::string& address,
                                                   std::vector<std::string> methods,
                                                   std::size_t max_message_bytes,
                                                   Handler handler) override {
    auto server = std::make_shared<Switchboard::Server>(board_.executor_, std::move(methods),
                                                        max_message_bytes, std::move(handler));
    BITTENSOR_ASSIGN_OR_RETURN(std::string taken, board_.add(address, server));
    return std::make_unique<InProcessListener>(board_, std::move(taken), std::move(server));
  }

  void call(const std::string& address, const std::string& method, Message message,
            TimePoint deadline, std::size_t max_reply_bytes, ReplyFn on_reply) override {
    const Caller caller{pending_, pending_->add(std::move(on_reply)), max_reply_bytes};
    auto server = find_server(address, method, message);
    if (!server.ok()) return caller.finish(server.status());
    const auto give_up = [caller] {
      caller.finish(absl::DeadlineExceededError("no reply before the deadline"));
    };
    if (deadline <= board_.executor_.now()) return give_up();
    board_.executor_.post_at(deadline, give_up);
    board_.executor_.post(
        [server = *std::move(server), caller,
         request = Request{method, std::move(message), host_, deadline}]() mutable {
          server->serve(std::move(request), caller);
        });
  }

  void close() override {
    {
      MutexLock lock(mutex_);
      closed_ = true;
    }
    pending_->finish_all(absl::CancelledError("the transport is closed"));
  }

 private:
  absl::StatusOr<std::shared_ptr<Switchboard::Server>> find_server(const std::string& address,
                                                                   const std::string& method,
                                                                   const Message& message) {
    {
      MutexLock lock(mutex_);
      if (closed_) return absl::CancelledError("the transport is closed");
    }
    BITTENSOR_ASSIGN_OR_RETURN(const Address parsed, parse_address(address));
    if (parsed.port == 0) return absl::InvalidArgumentError("port 0 is nobody's");
    if (message.envelope.size() > kMaxEnvelopeBytes)
      return absl::InvalidArgumentError("the envelope is too long");
    auto server = board_.find(parsed.to_string());
    if (!server) return absl::UnavailableError("nobody at " + address);
    BITTENSOR_RETURN_IF_ERROR(server->admit(method, message.body));
    return server;
  }

  Switchboard& board_;
  const std::string host_;
  const std::shared_ptr<PendingCalls> pending_ = std::make_shared<PendingCalls>(board_.executor_);
  Mutex mutex_;
  bool closed_ BITTENSOR_GUARDED_BY(mutex_) = false;
};

std::unique_ptr<Transport> Switchboard::make_transport(std::string host) {
  return std::make_unique<InProcessTransport>(*this, std::move(host));
}

absl::StatusOr<std::string> Switchboard::add(const std::string& address,
                                             std::shared_ptr<Server> server) {
  BITTENSOR_ASSIGN_OR_RETURN(Address wanted, parse_address(address));
  const bool any_port = wanted.port == 0;
  MutexLock lock(mutex_);
  for (int tries = 0; any_port && tries < 65536; ++tries) {
    wanted.port = ++last_port_;
    if (wanted.port != 0 && servers_.count(wanted.to_string()) == 0) break;
  }
  const std::string taken = wanted.to_string();
  if (!servers_.emplace(taken, std::move(server)).second)
    return absl::AlreadyExistsError("another listens at " + taken);
  return taken;
}

std::shared_ptr<Switchboard::Server> Switchboard::find(const std::string& address) {
  MutexLock lock(mutex_);
  const auto found = servers_.find(address);
  return found == servers_.end() ? nullptr : found->second;
}

void Switchboard::remove(const std::string& address) {
  std::shared_ptr<Server> removed;  // Destroyed outside the lock.
  MutexLock lock(mutex_);
  const auto found = servers_.find(address);
  if (found == servers_.end()) return;
  removed = std::move(found->second);
  servers_.erase(found);
}

}  // namespace bittensor
