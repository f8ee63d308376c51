// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/raw_service.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "spdlog/spdlog.h"
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/server_context.h>

#include "bittensor/transport/grpc/convert.h"

namespace bittensor::grpc_internal {
namespace {

using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

// Requests to a method that gRPC may hand over before the first is looked at. Others wait in
// gRPC, and are not refused.
constexpr int kTakenAhead = 4;

// gRPC writes a peer as "ipv4:192.0.2.1:5000" or "ipv6:%5B::1%5D:5000".
std::string host_of(const std::string& peer) {
  absl::string_view host = peer;
  host.remove_prefix(std::min(host.size(), host.find(':') + 1));
  host = host.substr(0, host.rfind(':'));
  if (absl::ConsumePrefix(&host, "%5B")) absl::ConsumeSuffix(&host, "%5D");
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  return std::string(host);
}

std::vector<std::string> with_slash(std::vector<std::string> methods) {
  for (std::string& method : methods) method.insert(0, "/");
  return methods;
}

}  // namespace

// One request, from waiting for it until gRPC is done with it. Belongs to itself meanwhile, and
// to the handler's ReplyFn, which may outlast the server.
class RawService::ServerCall final : public std::enable_shared_from_this<ServerCall> {
 public:
  ServerCall(RawService& service, int method) : service_(service), method_(method) {}

  // Waits for a request. gRPC's side of it happens under the service's lock.
  static void await(const std::shared_ptr<ServerCall>& call, grpc::ServerCompletionQueue& queue) {
    call->self_ = call;
    MutexLock lock(call->mutex_);
    Rpc& rpc = *call->rpc_;
    rpc.context.AsyncNotifyWhenDone(&call->ended_);
    call->service_.RequestAsyncUnary(call->method_, &rpc.context, &rpc.request, &rpc.writer, &queue,
                                     &queue, &call->arrived_);
  }

  // The first one counts, if somebody waits for it.
  void reply(const Transport::Reply& reply) BITTENSOR_EXCLUDES(mutex_) {
    // All the way under the lock: once gRPC has sent the reply the loop may let the call go.
    MutexLock lock(mutex_);
    if (rpc_ == nullptr || replied_) return;
    replied_ = true;
    if (!reply.ok()) return rpc_->writer.FinishWithError(to_grpc(reply.status()), &sent_);
    if (!reply->envelope.empty()) {
      rpc_->context.AddTrailingMetadata(kEnvelopeKey, reply->envelope);
    }
    rpc_->writer.Finish(to_byte_buffer(reply->body), grpc::Status::OK, &sent_);
  }

 private:
  // What gRPC needs until it is done with the call.
  struct Rpc {
    grpc::ServerContext context;
    grpc::ByteBuffer request;
    grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer{&context};
  };

  // Runs a member function.
  class Step final : public Event {
   public:
    using Next = void (ServerCall::*)(bool ok);
    Step(ServerCall& call, Next next) : call_(call), next_(next) {}
    void happened(bool ok) override { (call_.*next_)(ok); }

   private:
    ServerCall& call_;
    const Next next_;
  };

  void on_arrived(bool ok) {
    if (!ok) return release();  // The server stops; gRPC says no more about this call.
    service_.take(method_);
    service_.handle(request(), reply_fn());
  }

  void on_sent(bool /*ok*/) {
    is_sent_ = true;
    if (is_ended_) release();
  }

  // All is sent, the caller is gone, its deadline is over or the server cuts it off.
  void on_ended(bool /*ok*/) BITTENSOR_EXCLUDES(mutex_) {
    is_ended_ = true;
    if (is_sent_ || !reply_is_under_way()) release();
  }

  Transport::Request request() BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    grpc::ServerContext& context = rpc_->context;
    Message message{envelope_in(context.client_metadata()), to_payload(rpc_->request)};
    rpc_->request.Clear();  // The message keeps the bytes.
    return {service_.paths_[method_].substr(1), std::move(message), host_of(context.peer()),
            to_time_point(context.raw_deadline())};
  }

  Transport::ReplyFn reply_fn() {
    const auto drop = [self = shared_from_this()](ServerCall* call) {
      call->reply(absl::InternalError("the peer dropped the request without a reply"));
    };
    return [call = std::shared_ptr<ServerCall>(this, drop)](const Transport::Reply& reply) {
      call->reply(reply);
    };
  }

  // If not, none is sent any more.
  bool reply_is_under_way() BITTENSOR_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (!replied_) rpc_.reset();
    return replied_;
  }

  // gRPC is done with it. A server stops only once its calls are gone, whoever keeps a ReplyFn.
  void release() BITTENSOR_EXCLUDES(mutex_) {
    const std::shared_ptr<ServerCall> self = std::move(self_);
    MutexLock lock(mutex_);
    rpc_.reset();
  }

  RawService& service_;  // Not to be used once gRPC is done with the call.
  const int method_;
  Step arrived_{*this, &ServerCall::on_arrived};
  Step sent_{*this, &ServerCall::on_sent};
  Step ended_{*this, &ServerCall::on_ended};
  std::shared_ptr<ServerCall> self_;  // These three belong to the loop.
  bool is_sent_ = false;
  bool is_ended_ = false;

  Mutex mutex_;
  std::unique_ptr<Rpc> rpc_ BITTENSOR_GUARDED_BY(mutex_) = std::make_unique<Rpc>();
  bool replied_ BITTENSOR_GUARDED_BY(mutex_) = false;
};

RawService::RawService(std::vector<std::string> methods,
                       std::shared_ptr<const Transport::Handler> handler)
    : paths_(with_slash(std::move(methods))), handler_(std::move(handler)) {
  // What the code generated for a service does in its WithRawMethod classes.
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    AddMethod(new RpcServiceMethod(paths_[i].c_str(), RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRaw(static_cast<int>(i));
  }
}

void RawService::start(grpc::ServerCompletionQueue& queue) {
  {
    MutexLock lock(mutex_);
    queue_ = &queue;
  }
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    for (int ahead = 0; ahead < kTakenAhead; ++ahead) take(static_cast<int>(i));
  }
}

void RawService::stop() {
  MutexLock lock(mutex_);
  queue_ = nullptr;
}

void RawService::take(int method) {
  MutexLock lock(mutex_);
  if (queue_ != nullptr) ServerCall::await(std::make_shared<ServerCall>(*this, method), *queue_);
}

void RawService::handle(Transport::Request request, Transport::ReplyFn reply) const {
  try {
    (*handler_)(std::move(request), std::move(reply));
  } catch (const std::exception& error) {
    spdlog::error("a handler threw: {}", error.what());  // The dropped reply is kInternal.
  }
}

}  // namespace bittensor::grpc_internal
