// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/grpc_transport.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "spdlog/spdlog.h"
#include <grpc/support/log.h>
#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/version_info.h>

#include "bittensor/base/status_macros.h"
#include "bittensor/transport/address.h"
#include "bittensor/transport/grpc/channel_pool.h"
#include "bittensor/transport/grpc/convert.h"
#include "bittensor/transport/grpc/credentials.h"
#include "bittensor/transport/grpc/event_loop.h"
#include "bittensor/transport/grpc/grpc_listener.h"

namespace bittensor {

namespace {

// What gRPC keeps once for the whole process.
void prepare_grpc() {
  static const bool prepared = [] {
#if GRPC_CPP_VERSION_MAJOR == 1 && GRPC_CPP_VERSION_MINOR < 66  // Later ones log with abseil.
    // Its log is about single connections, mostly strangers': for who looks for it.
    gpr_set_log_function([](gpr_log_func_args* line) { spdlog::debug("grpc: {}", line->message); });
#endif
    // Debian builds abseil with its search for deadlocks, which each lock inside gRPC pays for.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(prepared);
}

// What is wrong with a call before it starts, or the peer's address.
absl::StatusOr<Address> admit(const std::string& address, const Message& message,
                              TimePoint deadline) {
  BITTENSOR_ASSIGN_OR_RETURN(Address parsed, parse_address(address));
  if (parsed.port == 0) return absl::InvalidArgumentError("port 0 is nobody's");
  if (message.envelope.size() > kMaxEnvelopeBytes)
    return absl::InvalidArgumentError("the envelope is too long");
  // gRPC rounds deadlines up, and a fast peer could win.
  if (deadline <= std::chrono::steady_clock::now())
    return absl::DeadlineExceededError("no reply before the deadline");
  return parsed;
}

}  // namespace

// One call, until gRPC is done with it. Deletes itself on the loop's thread.
class GrpcTransport::Call final : public grpc_internal::Event {
 public:
  Call(GrpcTransport& transport, ReplyFn on_reply)
      : transport_(transport), on_reply_(std::move(on_reply)) {}

  void send(std::shared_ptr<grpc::GenericStub> stub, const std::string& method, Message message,
            TimePoint deadline, std::size_t max_reply_bytes) {
    stub_ = std::move(stub);
    max_reply_bytes_ = max_reply_bytes;
    context_.set_deadline(grpc_internal::to_timespec(deadline));
    if (!message.envelope.empty()) {
      context_.AddMetadata(grpc_internal::kEnvelopeKey, message.envelope);
    }
    rpc_ = stub_->PrepareUnaryCall(&context_, "/" + method,
                                   grpc_internal::to_byte_buffer(message.body),
                                   &transport_.loop_->queue());
    rpc_->StartCall();
    rpc_->Finish(&reply_, &outcome_, this);
  }

  // The reply is `why`; nothing is sent.
  void refuse(const absl::Status& why) {
    outcome_ = grpc_internal::to_grpc(why);
    alarm_.emplace().Set(&transport_.loop_->queue(), gpr_now(GPR_CLOCK_MONOTONIC), this);
  }

  void cancel() { context_.TryCancel(); }

  void happened(bool /*ok*/) override {
    try {
      on_reply_(reply());
    } catch (const std::exception& error) {
      spdlog::error("what was to be done with a reply threw: {}", error.what());
    }
    on_reply_ = nullptr;
    transport_.leave(this);
  }

 private:
  Reply reply() const {
    if (outcome_.error_code() == grpc::StatusCode::UNAVAILABLE) {
      const std::string& error = outcome_.error_message();
      return absl::UnavailableError(error +
                                    grpc_internal::advice_on(error, transport_.tls_.has_value()));
    }
    BITTENSOR_RETURN_IF_ERROR(grpc_internal::to_absl(outcome_));
    if (reply_.Length() > max_reply_bytes_) {
      return absl::ResourceExhaustedError(
          absl::StrCat("a reply of ", reply_.Length(), " bytes, of at most ", max_reply_bytes_));
    }
    return Message{grpc_internal::envelope_in(context_.GetServerTrailingMetadata()),
                   grpc_internal::to_payload(reply_)};
  }

  GrpcTransport& transport_;
  ReplyFn on_reply_;
  std::optional<grpc::Alarm> alarm_;
  std::shared_ptr<grpc::GenericStub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> rpc_;  // Lies in the context's call.
  std::size_t max_reply_bytes_ = 0;
  grpc::ByteBuffer reply_;
  grpc::Status outcome_;
};

GrpcTransport::GrpcTransport(const Options& options)
    : tls_(options.tls),
      channels_(std::make_unique<grpc_internal::ChannelPool>(
          options.max_connections,
          static_cast<int>(
              std::min<std::size_t>(options.max_reply_bytes, std::numeric_limits<int>::max())),
          options.tls)) {
  prepare_grpc();
}

GrpcTransport::~GrpcTransport() {
  GrpcTransport::close();
  MutexLock lock(mutex_);
  while (!calls_.empty()) idle_.wait(mutex_);
}

absl::StatusOr<std::unique_ptr<Transport::Listener>> GrpcTransport::listen(
    const std::string& address, std::vector<std::string> methods, std::size_t max_message_bytes,
    Handler handler) {
  return grpc_internal::GrpcListener::start(address, methods, max_message_bytes, tls_,
                                            std::move(handler));
}

void GrpcTransport::call(const std::string& address, const std::string& method, Message message,
                         TimePoint deadline, std::size_t max_reply_bytes, ReplyFn on_reply) {
  auto* const call = new Call(*this, std::move(on_reply));  // Until it has its reply.
  const absl::Status entered = enter(call);
  const auto peer = admit(address, message, deadline);
  if (!peer.ok()) return call->refuse(peer.status());
  if (!entered.ok()) return call->refuse(entered);
  // Before the message is moved from.
  auto stub = channels_->get(*peer, message.to, std::chrono::steady_clock::now());
  call->send(std::move(stub), method, std::move(message), deadline, max_reply_bytes);
}

void GrpcTransport::close() {
  MutexLock lock(mutex_);
  closed_ = true;
  // Under the lock, or a call could be gone; its end is an event of the loop.
  for (Call* call : calls_) call->cancel();
}

absl::Status GrpcTransport::enter(Call* call) {
  MutexLock lock(mutex_);
  if (loop_ == nullptr) {
    loop_ = std::make_unique<grpc_internal::EventLoop>(std::make_unique<grpc::CompletionQueue>());
  }
  calls_.insert(call);
  if (closed_) return absl::CancelledError("the transport is closed");
  return absl::OkStatus();
}

void GrpcTransport::leave(Call* call) {
  {
    MutexLock lock(mutex_);
    calls_.erase(call);
    // Under the lock: once it is free the transport may go, but for the loop's thread.
    if (calls_.empty()) idle_.notify_all();
  }
  delete call;
}

}  // namespace bittensor
