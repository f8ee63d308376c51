// SPDX-License-Identifier: MIT
//
// Axon and dendrite together: how what they say to each other is proved and compressed.
#include <atomic>
#include <cmath>

#include "gtest/gtest.h"
#include "torch/types.h"

#include "bittensor/axon/axon.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/tensor/codec.h"
#include "bittensor/transport/in_process_transport.h"
#include "bittensor/trust/envelope.h"
#include "bittensor/v1/axon.pb.h"
#include "bittensor/v1/envelope.pb.h"
#include "bittensor/v1/identity.pb.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;
using torch::Tensor;

constexpr char kForward[] = "bittensor.v1.Axon/Forward";
constexpr std::int64_t kDim = 128;

class Tanh : public Synapse {
 public:
  Schema schema() const override { return {Modality::kTensor, at::kFloat, {kDim}, kDim}; }
  Tensor forward_tensor(const Tensor& inputs) override { return torch::tanh(inputs); }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<Tanh>(); }
};

// A transport between the two that tells what passes.
class Tap final : public Transport {
 public:
  explicit Tap(std::unique_ptr<Transport> inner) : inner_(std::move(inner)) {}

  absl::StatusOr<std::unique_ptr<Listener>> listen(const std::string& address,
                                                   std::vector<std::string> methods,
                                                   std::size_t max_message_bytes,
                                                   Handler handler) override {
    return inner_->listen(address, std::move(methods), max_message_bytes, std::move(handler));
  }
  void call(const std::string& address, const std::string& method, Message message,
            TimePoint deadline, std::size_t max_reply_bytes, ReplyFn on_reply) override {
    ++calls;
    sent = message;
    inner_->call(address, method, std::move(message), deadline, max_reply_bytes,
                 [this, on_reply = std::move(on_reply)](Reply reply) {
                   if (reply.ok()) received = *reply;
                   on_reply(std::move(reply));
                 });
  }
  void close() override { inner_->close(); }

  int calls = 0;
  Message sent;
  Message received;

 private:
  const std::unique_ptr<Transport> inner_;
};

class Wire : public ::testing::Test {
 protected:
  Wire() {
    Axon::Options options;
    options.allow_unsigned = true;
    axon_ = std::make_unique<Axon>(options, *server_transport_, server_, executor_);
    axon_->serve(Tanh());
    EXPECT_TRUE(axon_->start().ok());
    peer_ = {server_.key(), "0.0.0.0:" + std::to_string(axon_->port()), Tanh().schema()};
  }

  Dendrite dendrite(PeerCalls::Options calls = {}) {
    Dendrite::Options options;
    options.timeout = 2s;
    options.calls = calls;
    options.calls.network_dim = kDim;
    return {options, tap_, wallet_, executor_, nullptr};
  }
  static PeerCalls::Options in(Compression compression) {
    PeerCalls::Options options;
    options.compression = compression;
    return options;
  }
  static v1::Envelope envelope_of(const Message& message) {
    v1::Envelope envelope;
    EXPECT_TRUE(envelope.ParseFromString(message.envelope));
    return envelope;
  }

  ThreadExecutor executor_{2};
  Switchboard board_{executor_};
  const Wallet wallet_ = Wallet::create();
  const Wallet server_ = Wallet::create();
  const std::unique_ptr<Transport> server_transport_ = board_.make_transport();
  Tap tap_{board_.make_transport()};
  std::unique_ptr<Axon> axon_;
  SynapseRecord peer_;
  const Tensor x_ = torch::randn({5, kDim});
};

TEST_F(Wire, KnownPeersProveThemselvesWithACode) {
  Dendrite asking = dendrite();
  ASSERT_TRUE(asking.forward_tensor({peer_}, {x_}).front().status.ok());
  EXPECT_EQ(envelope_of(tap_.sent).mac().size(), 16u);
  EXPECT_EQ(envelope_of(tap_.received).mac().size(), 16u);
}

TEST_F(Wire, SignedRequestIsAnsweredWithASignature) {
  Payload body;
  v1::ForwardRequest head;
  head.set_modality(v1::MODALITY_TENSOR);
  body.append(head.SerializeAsString());
  ASSERT_TRUE(append_tensor_field(v1::ForwardRequest::kInputsFieldNumber, x_, body).ok());
  const SealedRequest sealed =
      seal_request(wallet_, server_.key(), kForward, body, executor_.unix_ms());
  absl::Status status = absl::UnknownError("no reply");
  std::atomic<bool> done{false};
  tap_.call(peer_.axon_address, kForward, {sealed.bytes, body}, executor_.now() + 2s, 1 << 20,
            [&](const Transport::Reply& reply) {
              status = reply.ok() ? open_reply(reply->envelope, kForward, reply->body,
                                               wallet_.key(), server_.key(), sealed.nonce)
                                        .status()
                                  : reply.status();
              done = true;
            });
  while (!done) std::this_thread::yield();
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(Wire, AnAxonSaysWhatItServesAndProvesWhoItIs) {
  constexpr char kDescribe[] = "bittensor.v1.Identity/Describe";
  const Payload body;
  const SealedRequest sealed =
      seal_request(wallet_, server_.key(), kDescribe, body, executor_.unix_ms());
  v1::DescribeResponse response;
  absl::Status status = absl::UnknownError("no reply");
  std::atomic<bool> done{false};
  tap_.call(peer_.axon_address, kDescribe, {sealed.bytes, body}, executor_.now() + 2s, 1 << 20,
            [&](const Transport::Reply& reply) {
              status = reply.ok() ? open_reply(reply->envelope, kDescribe, reply->body,
                                               wallet_.key(), server_.key(), sealed.nonce)
                                        .status()
                                  : reply.status();
              if (reply.ok()) response.ParseFromString(reply->body.flatten());
              done = true;
            });
  while (!done) std::this_thread::yield();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(to_string(from_proto(response.schema()).value()), to_string(Tanh().schema()));
}

TEST_F(Wire, UnsignedCallsCarryNoProofAndFetchGradientsInOneCall) {
  PeerCalls::Options options;
  options.unsigned_calls = true;
  Dendrite asking = dendrite(options);
  const Tensor x = x_.clone().requires_grad_();
  const Answer answer = asking.forward_tensor({peer_}, {x}).front();
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  answer.output.sum().backward();
  EXPECT_TRUE(torch::allclose(x.grad(), 1 - x_.tanh().square(), 1e-4, 1e-5));
  EXPECT_EQ(tap_.sent.envelope + tap_.received.envelope, "");
  EXPECT_EQ(tap_.calls, 2);
}

TEST_F(Wire, CompressionIsUsedBothWaysForAnswersAndGradients) {
  const std::size_t full = x_.nbytes();
  const std::pair<Compression, std::size_t> cases[] = {{Compression::kFloat16, full / 2},
                                                       {Compression::kBfloat16, full / 2},
                                                       {Compression::kInt8, full / 4 + 5 * 8}};
  constexpr std::size_t kOverhead = 64;
  for (const auto& [compression, bytes] : cases) {
    Dendrite asking = dendrite(in(compression));
    const Tensor x = x_.clone().requires_grad_();
    const Answer answer = asking.forward_tensor({peer_}, {x}).front();
    ASSERT_TRUE(answer.status.ok()) << answer.status;
    EXPECT_TRUE(torch::allclose(answer.output, x_.tanh(), 0.02, 0.03)) << to_string(compression);
    EXPECT_LT(tap_.sent.body.size(), bytes + kOverhead);
    EXPECT_LT(tap_.received.body.size(), bytes + kOverhead);

    (answer.output * x_).sum().backward();
    EXPECT_TRUE(torch::allclose(x.grad(), x_ * (1 - x_.tanh().square()), 0.03, 0.03))
        << to_string(compression);
    EXPECT_LT(tap_.sent.body.size(), bytes + kOverhead);
    EXPECT_LT(tap_.received.body.size(), bytes + kOverhead);
  }
}

TEST_F(Wire, PeerThatTakesNoCompressionIsSentNoneAndMayAnswerInIt) {
  peer_.schema.compressions = CompressionSet();
  Dendrite asking = dendrite(in(Compression::kInt8));
  const Answer answer = asking.forward_tensor({peer_}, {x_}).front();
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_GT(tap_.sent.body.size(), x_.nbytes());
  EXPECT_LT(tap_.received.body.size(), x_.nbytes() / 2);
}

TEST_F(Wire, AnswerInFloat32IsTakenWhateverWasAskedFor) {
  const auto old = board_.make_transport();
  const auto keys = std::make_shared<PairKeys>(server_);
  auto listener =
      old->listen("0.0.0.0:0", {kForward}, 1 << 20,
                  [&, keys](const Transport::Request& request, const Transport::ReplyFn& reply) {
                    const auto envelope = open_request(*keys, request.message.envelope, kForward,
                                                       request.message.body);
                    Message message;
                    ASSERT_TRUE(append_tensor_field(1, x_, message.body).ok());
                    message.envelope =
                        seal_reply(*keys, *envelope, kForward, message.body, executor_.unix_ms());
                    reply(std::move(message));
                  });
  ASSERT_TRUE(listener.ok());
  Dendrite asking = dendrite(in(Compression::kInt8));
  peer_.axon_address = (*listener)->address();
  const Answer answer = asking.forward_tensor({peer_}, {x_}).front();
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_TRUE(torch::equal(answer.output, x_));
  // The dendrite may still be telling its answers' owner; the listener goes last.
}

TEST_F(Wire, NaNsInAScaleAreRefused) {
  Payload body;
  v1::ForwardRequest request;
  request.set_modality(v1::MODALITY_TENSOR);
  v1::Tensor& inputs = *request.mutable_inputs();
  inputs.set_dtype(v1::DTYPE_FLOAT32);
  inputs.set_compression(v1::COMPRESSION_INT8);
  inputs.add_shape(1);
  inputs.add_shape(kDim);
  const float scale_and_offset[2] = {std::nanf(""), INFINITY};
  inputs.set_data(std::string(reinterpret_cast<const char*>(scale_and_offset), 8) +
                  std::string(kDim, '\x7f'));
  body.append(request.SerializeAsString());
  absl::Status status;
  std::atomic<bool> done{false};
  tap_.call(peer_.axon_address, kForward, {"", body}, executor_.now() + 2s, 1 << 20,
            [&](const Transport::Reply& reply) {
              status = reply.status();
              done = true;
            });
  while (!done) std::this_thread::yield();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
}

}  // namespace
}  // namespace bittensor
