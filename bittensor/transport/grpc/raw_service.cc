// SPDX-License-Identifier: MIT
#include "bittensor/transport/grpc/raw_service.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "spdlog/spdlog.h"
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/support/method_handler.h>
#include <grpcpp/support/server_callback.h>

#include "bittensor/transport/grpc/convert.h"

namespace bittensor::grpc_internal {
namespace {

using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;
using RawHandler = grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>;

// One request under way. Belongs to two: gRPC, until OnDone, and the handler's
// ReplyFn, until its last copy is gone. The first to finish it wins; gRPC's
// context and response live until then.
class ServerCall final : public grpc::ServerUnaryReactor {
 public:
  ServerCall(grpc::CallbackServerContext* context, grpc::ByteBuffer* response)
      : context_(context), response_(response) {}

  void reply(const Transport::Reply& reply) {
    if (finished_.exchange(true)) return;
    if (reply.ok()) {
      if (!reply->envelope.empty()) context_->AddTrailingMetadata(kEnvelopeKey, reply->envelope);
      *response_ = to_byte_buffer(reply->body);
    }
    Finish(to_grpc(reply.status()));
  }

  Transport::ReplyFn reply_fn() {
    const auto drop = [](ServerCall* call) {
      call->reply(absl::InternalError("the peer dropped the request without a reply"));
      call->release();
    };
    return [call = std::shared_ptr<ServerCall>(this, drop)](const Transport::Reply& reply) {
      call->reply(reply);
    };
  }

  // The caller is gone, its deadline is over or the server cuts it off.
  void OnCancel() override { reply(absl::CancelledError("nobody waits for the reply")); }
  void OnDone() override { release(); }

 private:
  // OnCancel and OnDone are short: without a change of threads for each call.
  bool InternalInlineable() override { return true; }

  void release() {
    if (--owners_ == 0) delete this;
  }

  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer* const response_;
  std::atomic<bool> finished_{false};
  std::atomic<int> owners_{2};
};

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

RawService::RawService(std::string name, std::vector<std::string> methods,
                       std::shared_ptr<const Transport::Handler> handler)
    : name_(std::move(name)), paths_(with_slash(std::move(methods))) {
  // What the code generated for a service does in its WithRawCallbackMethod classes.
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    AddMethod(new RpcServiceMethod(paths_[i].c_str(), RpcMethod::NORMAL_RPC, nullptr));
    const auto serve = [handler, method = paths_[i].substr(1)](grpc::CallbackServerContext* context,
                                                               const grpc::ByteBuffer* request,
                                                               grpc::ByteBuffer* response) {
      auto* const call = new ServerCall(context, response);
      Transport::ReplyFn reply = call->reply_fn();
      try {
        (*handler)(
            Transport::Request{
                method, Message{envelope_in(context->client_metadata()), to_payload(*request)},
                host_of(context->peer()), to_time_point(context->raw_deadline())},
            std::move(reply));
      } catch (const std::exception& error) {
        // gRPC would catch it too, and lose the call. The dropped reply is kInternal.
        spdlog::error("the handler of {} threw: {}", method, error.what());
      }
      return call;
    };
    MarkMethodRawCallback(static_cast<int>(i), new RawHandler(serve));
  }
}

}  // namespace bittensor::grpc_internal
