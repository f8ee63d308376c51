// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/grpc_transport.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"
#include <grpc/support/log.h>
#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>

#include "bittensor/base/status_macros.h"
#include "bittensor/transport/address.h"
#include "bittensor/transport/grpc/channel_pool.h"
#include "bittensor/transport/grpc/convert.h"
#include "bittensor/transport/grpc/grpc_listener.h"

namespace bittensor {

namespace grpc_internal {

// What a call needs until gRPC is done with it.
struct ClientCall {
  std::shared_ptr<grpc::GenericStub> stub;
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer reply;
  std::size_t max_reply_bytes = 0;
  Transport::ReplyFn on_reply;
};

}  // namespace grpc_internal

namespace {

using grpc_internal::ClientCall;

// What gRPC keeps once for the whole process.
void prepare_grpc() {
  static const bool prepared = [] {
    // Its log is about single connections, mostly strangers': for who looks for it.
    gpr_set_log_function([](gpr_log_func_args* line) { spdlog::debug("grpc: {}", line->message); });
    grpc::EnableDefaultHealthCheckService(true);
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

Transport::Reply reply_of(const ClientCall& call, const grpc::Status& status) {
  BITTENSOR_RETURN_IF_ERROR(grpc_internal::to_absl(status));
  if (call.reply.Length() > call.max_reply_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat("a reply of ", call.reply.Length(),
                                                     " bytes, of at most ", call.max_reply_bytes));
  }
  return Message{grpc_internal::envelope_in(call.context.GetServerTrailingMetadata()),
                 grpc_internal::to_payload(call.reply)};
}

}  // namespace

GrpcTransport::GrpcTransport(const Options& options)
    : channels_(std::make_unique<grpc_internal::ChannelPool>(
          options.max_connections,
          static_cast<int>(
              std::min<std::size_t>(options.max_reply_bytes, std::numeric_limits<int>::max())))) {
  prepare_grpc();
}

GrpcTransport::~GrpcTransport() {
  GrpcTransport::close();
  MutexLock lock(mutex_);
  while (finishing_ > 0 || !calls_.empty()) idle_.wait(mutex_);
}

absl::StatusOr<std::unique_ptr<Transport::Listener>> GrpcTransport::listen(
    const std::string& address, std::vector<std::string> methods, std::size_t max_message_bytes,
    Handler handler) {
  return grpc_internal::GrpcListener::start(address, methods, max_message_bytes,
                                            std::move(handler));
}

void GrpcTransport::call(const std::string& address, const std::string& method, Message message,
                         TimePoint deadline, std::size_t max_reply_bytes, ReplyFn on_reply) {
  auto peer = admit(address, message, deadline);
  if (!peer.ok()) return refuse(std::move(peer).status(), std::move(on_reply));

  auto call = std::make_unique<ClientCall>();
  if (absl::Status status = start(call.get()); !status.ok())
    return refuse(std::move(status), std::move(on_reply));
  call->stub = channels_->get(*peer);
  call->context.set_deadline(grpc_internal::to_timespec(deadline));
  if (!message.envelope.empty())
    call->context.AddMetadata(grpc_internal::kEnvelopeKey, message.envelope);
  call->request = grpc_internal::to_byte_buffer(message.body);
  call->max_reply_bytes = max_reply_bytes;
  call->on_reply = std::move(on_reply);

  ClientCall* const under_way = call.release();  // Until finish().
  under_way->stub->UnaryCall(&under_way->context, "/" + method, grpc::StubOptions(),
                             &under_way->request, &under_way->reply,
                             [this, under_way](const grpc::Status& status) {
                               under_way->on_reply(reply_of(*under_way, status));
                               finish(under_way);
                             });
}

void GrpcTransport::close() {
  MutexLock lock(mutex_);
  closed_ = true;
  // Under the lock, or a call could be gone; gRPC completes it from another thread.
  for (ClientCall* call : calls_) call->context.TryCancel();
}

absl::Status GrpcTransport::start(ClientCall* call) {
  MutexLock lock(mutex_);
  if (closed_) return absl::CancelledError("the transport is closed");
  calls_.insert(call);
  return absl::OkStatus();
}

void GrpcTransport::finish(ClientCall* call) {
  {
    MutexLock lock(mutex_);
    calls_.erase(call);
    ++finishing_;
  }
  // Before the destructor may go on: the call may hold the last reference to its channel.
  delete call;
  MutexLock lock(mutex_);
  --finishing_;
  idle_.notify_all();
}

void GrpcTransport::refuse(absl::Status status, ReplyFn on_reply) {
  {
    MutexLock lock(mutex_);
    ++finishing_;
  }
  // An alarm that is due at once: a thread of gRPC's without one of our own.
  auto alarm = std::make_shared<grpc::Alarm>();
  alarm->Set(gpr_now(GPR_CLOCK_MONOTONIC), [this, alarm, status = std::move(status),
                                            on_reply = std::move(on_reply)](bool) mutable {
    const auto last = std::move(alarm);  // Or it would keep itself alive.
    on_reply(std::move(status));
    on_reply = nullptr;
    MutexLock lock(mutex_);
    --finishing_;
    idle_.notify_all();
  });
}

}  // namespace bittensor
