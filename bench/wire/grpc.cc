// SPDX-License-Identifier: MIT
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "ATen/ATen.h"
#include "bench/wire/bytes.h"
#include "bench/wire/round_trip.h"
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include "bittensor/base/check.h"
#include "bittensor/v1/axon.pb.h"

namespace bittensor::bench {
namespace {

using grpc::ByteBuffer;
using ToReply = std::function<ByteBuffer(ByteBuffer request)>;

// Answers the calls of any method one after another with `reply`.
void serve_calls(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue,
                 const ToReply& reply) {
  const auto step = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  while (true) {
    grpc::GenericServerContext context;
    grpc::GenericServerAsyncReaderWriter stream(&context);
    service.RequestCall(&context, &stream, &queue, &queue, nullptr);
    if (!step()) return;
    ByteBuffer request;
    stream.Read(&request, nullptr);
    if (!step()) continue;
    stream.WriteAndFinish(reply(std::move(request)), {}, grpc::Status::OK, nullptr);
    step();
  }
}

int serve(ToReply reply) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(-1);
  // They live as long as the process.
  auto* const service = new grpc::AsyncGenericService();
  builder.RegisterAsyncGenericService(service);
  auto* const queue = builder.AddCompletionQueue().release();
  const auto* const server = builder.BuildAndStart().release();
  BITTENSOR_CHECK(server != nullptr);
  std::thread([=] { serve_calls(*service, *queue, reply); }).detach();
  return port;
}

class Client {
 public:
  explicit Client(int port)
      : stub_([port] {
          grpc::ChannelArguments arguments;
          arguments.SetMaxReceiveMessageSize(-1);
          return grpc::CreateCustomChannel("ipv4:127.0.0.1:" + std::to_string(port),
                                           grpc::InsecureChannelCredentials(), arguments);
        }()) {}

  ByteBuffer call(const ByteBuffer& request) {
    grpc::ClientContext context;
    ByteBuffer reply;
    grpc::Status status;
    const auto rpc = stub_.PrepareUnaryCall(&context, "/bench/Echo", request, &queue_);
    rpc->StartCall();
    rpc->Finish(&reply, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    BITTENSOR_CHECK(queue_.Next(&tag, &ok) && ok && status.ok()) << status.error_message();
    return reply;
  }

 private:
  grpc::CompletionQueue queue_;
  grpc::GenericStub stub_;
};

class BareGrpc final : public RoundTrip {
 public:
  explicit BareGrpc(int port) : client_(port) {}

  void call(const at::Tensor& x) override {
    const grpc::Slice slice(x.data_ptr(), x.nbytes(), grpc::Slice::STATIC_SLICE);
    answer_ = client_.call(ByteBuffer(&slice, 1));
  }
  bool answered(const at::Tensor& x) const override { return holds(answer_, x); }

 private:
  Client client_;
  ByteBuffer answer_;
};

template <typename Message>
Message parsed(ByteBuffer buffer) {
  Message message;
  BITTENSOR_CHECK(grpc::SerializationTraits<Message>::Deserialize(&buffer, &message).ok());
  return message;
}

template <typename Message>
ByteBuffer serialised(const Message& message) {
  ByteBuffer buffer;
  bool own = false;
  BITTENSOR_CHECK(grpc::SerializationTraits<Message>::Serialize(message, &buffer, &own).ok());
  return buffer;
}

void fill(const at::Tensor& x, v1::Tensor* message) {
  message->set_dtype(v1::DTYPE_FLOAT32);
  for (const std::int64_t size : x.sizes()) message->add_shape(size);
  message->set_data(x.data_ptr(), x.nbytes());
}

at::Tensor tensor_of(const v1::Tensor& message) {
  const std::vector<std::int64_t> shape(message.shape().begin(), message.shape().end());
  at::Tensor x = at::empty(shape, at::kFloat);
  BITTENSOR_CHECK(x.nbytes() == message.data().size());
  std::memcpy(x.data_ptr(), message.data().data(), x.nbytes());
  return x;
}

ByteBuffer protobuf_reply(ByteBuffer request) {
  const at::Tensor x = tensor_of(parsed<v1::ForwardRequest>(std::move(request)).inputs());
  v1::ForwardResponse response;
  fill(x, response.mutable_output());
  return serialised(response);
}

class Protobuf final : public RoundTrip {
 public:
  explicit Protobuf(int port) : client_(port) {}

  void call(const at::Tensor& x) override {
    v1::ForwardRequest request;
    request.set_modality(v1::MODALITY_TENSOR);
    fill(x, request.mutable_inputs());
    answer_ = tensor_of(parsed<v1::ForwardResponse>(client_.call(serialised(request))).output());
  }
  bool answered(const at::Tensor& x) const override { return answer_.equal(x); }

 private:
  Client client_;
  at::Tensor answer_;
};

}  // namespace

int serve_bare_grpc() {
  return serve([](ByteBuffer request) { return request; });
}

std::unique_ptr<RoundTrip> bare_grpc(int port) {
  return std::make_unique<BareGrpc>(port);
}

int serve_protobuf() {
  return serve(protobuf_reply);
}

std::unique_ptr<RoundTrip> protobuf(int port) {
  return std::make_unique<Protobuf>(port);
}

}  // namespace bittensor::bench
