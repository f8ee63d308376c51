// SPDX-License-Identifier: MIT
#include <condition_variable>
#include <mutex>
#include <string>

#include "ATen/ATen.h"
#include "bench/wire/bytes.h"
#include "bench/wire/round_trip.h"
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/server_callback.h>

#include "bittensor/base/check.h"

namespace bittensor::bench {
namespace {

using grpc::ByteBuffer;
using grpc::internal::RpcMethod;

constexpr char kMethod[] = "/bench/Echo";

class EchoService final : public grpc::Service {
 public:
  EchoService() {
    AddMethod(
        new grpc::internal::RpcServiceMethod(kMethod, RpcMethod::NORMAL_RPC, /*handler=*/nullptr));
    using Handler = grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>;
    MarkMethodRawCallback(0, new Handler([](grpc::CallbackServerContext* context,
                                            const ByteBuffer* request, ByteBuffer* response) {
                            *response = *request;
                            grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
                            reactor->Finish(grpc::Status::OK);
                            return reactor;
                          }));
  }
};

class CallbackGrpc final : public RoundTrip {
 public:
  explicit CallbackGrpc(int port)
      : stub_([port] {
          grpc::ChannelArguments arguments;
          arguments.SetMaxReceiveMessageSize(-1);
          return grpc::CreateCustomChannel("ipv4:127.0.0.1:" + std::to_string(port),
                                           grpc::InsecureChannelCredentials(), arguments);
        }()) {}

  void call(const at::Tensor& x) override {
    const grpc::Slice slice(x.data_ptr(), x.nbytes(), grpc::Slice::STATIC_SLICE);
    const ByteBuffer request(&slice, 1);
    grpc::ClientContext context;
    bool done = false;
    stub_.UnaryCall(&context, kMethod, grpc::StubOptions(), &request, &answer_,
                    [&](const grpc::Status& status) {
                      BITTENSOR_CHECK(status.ok()) << status.error_message();
                      const std::lock_guard lock(mutex_);
                      done = true;
                      changed_.notify_one();
                    });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done; });
  }
  bool answered(const at::Tensor& x) const override { return holds(answer_, x); }

 private:
  grpc::GenericStub stub_;
  std::mutex mutex_;
  std::condition_variable changed_;
  ByteBuffer answer_;
};

}  // namespace

int serve_callback_grpc() {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(-1);
  // They live as long as the process.
  builder.RegisterService(new EchoService());
  const auto* const server = builder.BuildAndStart().release();
  BITTENSOR_CHECK(server != nullptr);
  return port;
}

std::unique_ptr<RoundTrip> callback_grpc(int port) {
  return std::make_unique<CallbackGrpc>(port);
}

}  // namespace bittensor::bench
