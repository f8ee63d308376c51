// SPDX-License-Identifier: MIT
//
// Axon and dendrite together: what one neuron asks of another.
#include <atomic>
#include <future>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/nn/modules/dropout.h"
#include "torch/nn/modules/linear.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/axon/axon.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/tensor/codec.h"
#include "bittensor/transport/in_process_transport.h"
#include "bittensor/trust/envelope.h"
#include "bittensor/v1/envelope.pb.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using torch::Tensor;

constexpr char kForward[] = "bittensor.v1.Axon/Forward";
constexpr std::int64_t kDim = 16;

// tanh(x W) with dropout: different in training and evaluation mode.
class TanhSynapse : public Synapse {
 public:
  TanhSynapse() : linear_(register_module("linear", torch::nn::Linear(8, kDim))) {
    register_module("dropout", dropout_);
  }
  Schema schema() const override { return {Modality::kTensor, at::kFloat, {8}, kDim}; }
  Tensor forward_tensor(const Tensor& inputs) override {
    return torch::tanh(linear_(dropout_(inputs)));
  }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<TanhSynapse>(); }

 private:
  torch::nn::Linear linear_;
  torch::nn::Dropout dropout_{0.5};
};

Dendrite::Options dendrite_options() {
  Dendrite::Options options;
  options.timeout = 2s;
  options.calls.network_dim = kDim;
  return options;
}

// One neuron that asks and any number that answer, on one switchboard.
class Network : public ::testing::Test {
 protected:
  // A peer with an axon; `options` may be changed before it starts.
  struct Peer {
    explicit Peer(Network& network, Axon::Options options = {})
        : transport(network.board_.make_transport()),
          axon(options, *transport, wallet, network.executor_) {
      axon.serve(*synapse);
      EXPECT_TRUE(axon.start().ok());
    }
    SynapseRecord record() const {
      return {wallet.key(), "0.0.0.0:" + std::to_string(axon.port()), synapse->schema()};
    }

    Wallet wallet = Wallet::create();
    std::shared_ptr<TanhSynapse> synapse = std::make_shared<TanhSynapse>();
    std::unique_ptr<Transport> transport;
    Axon axon;
  };

  // A stranger's server that answers every call with `handler`.
  SynapseRecord stranger(const Wallet& wallet, Transport::Handler handler) {
    auto transport = board_.make_transport();
    auto listener = transport->listen("0.0.0.0:0", {kForward}, 1 << 20, std::move(handler));
    EXPECT_TRUE(listener.ok());
    const SynapseRecord record{wallet.key(), (*listener)->address(), TanhSynapse().schema()};
    listeners_.push_back(*std::move(listener));
    transports_.push_back(std::move(transport));
    return record;
  }

  // A stranger that proves well who it is, and answers `tensor` whatever it is asked. It reads
  // the request's envelope, which hides nothing, whoever it is for.
  SynapseRecord answering(const Wallet& wallet, const Tensor& tensor) {
    auto keys = std::make_shared<PairKeys>(wallet);
    return stranger(
        wallet, [keys, tensor, this](Transport::Request request, Transport::ReplyFn reply) {
          v1::Envelope asked;
          EXPECT_TRUE(asked.ParseFromString(request.message.envelope));
          const Envelope envelope{*PublicKey::from_bytes(asked.sender()), keys->wallet().key(),
                                  asked.nonce(), asked.time_ms(), Proof::kMac};
          Message message;
          EXPECT_TRUE(append_tensor_field(1, tensor, message.body).ok());
          message.envelope =
              seal_reply(*keys, envelope, request.method, message.body, executor_.unix_ms());
          reply(std::move(message));
        });
  }

  Answer ask(const SynapseRecord& peer, const Tensor& inputs) {
    return dendrite_.forward_tensor({peer}, {inputs}).front();
  }

  ThreadExecutor executor_{2};
  Switchboard board_{executor_};
  std::vector<std::unique_ptr<Transport>> transports_;
  std::vector<std::unique_ptr<Transport::Listener>> listeners_;
  Wallet wallet_ = Wallet::create();
  std::unique_ptr<Transport> transport_ = board_.make_transport();
  Dendrite dendrite_{dendrite_options(), *transport_, wallet_, executor_, nullptr};
};

TEST_F(Network, RemoteAnswerIsTheModelsInEvaluationMode) {
  const Peer peer(*this);
  const Tensor x = torch::rand({5, 8});
  const Answer answer = ask(peer.record(), x);
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  peer.synapse->eval();
  EXPECT_TRUE(torch::allclose(answer.output, peer.synapse->forward_tensor(x)));
}

TEST_F(Network, RemoteGradientIsTheLocalOne) {
  const Peer a(*this);
  const Peer b(*this);
  const Tensor x = torch::rand({5, 8}).requires_grad_();
  const Tensor scale = torch::rand({5, kDim});
  const auto answers = dendrite_.forward_tensor({a.record(), b.record()}, {x, x});
  (scale * (answers[0].output + answers[1].output)).sum().backward();

  const Tensor local = x.detach().clone().requires_grad_();
  a.synapse->eval();
  b.synapse->eval();
  (scale * (a.synapse->forward_tensor(local) + b.synapse->forward_tensor(local))).sum().backward();
  EXPECT_LT((x.grad() - local.grad()).abs().max().item<float>(), 1e-5);
}

// The inputs travel once; a peer that has forgotten them is sent them again.
TEST_F(Network, GradientFallsBackToSendingTheInputs) {
  Axon::Options forgets;
  forgets.kept.max_bytes = 0;
  const Peer peer(*this, forgets);
  const Tensor x = torch::rand({5, 8}).requires_grad_();
  ask(peer.record(), x).output.sum().backward();
  const Tensor local = x.detach().clone().requires_grad_();
  peer.synapse->eval();
  peer.synapse->forward_tensor(local).sum().backward();
  EXPECT_LT((x.grad() - local.grad()).abs().max().item<float>(), 1e-5);
}

TEST_F(Network, GradientIsOfTheModelThatAnswered) {
  Peer peer(*this);
  const Tensor x = torch::rand({5, 8}).requires_grad_();
  const Tensor output = ask(peer.record(), x).output;
  peer.axon.serve(TanhSynapse());
  output.sum().backward();
  const Tensor local = x.detach().clone().requires_grad_();
  peer.synapse->eval();
  peer.synapse->forward_tensor(local).sum().backward();
  EXPECT_LT((x.grad() - local.grad()).abs().max().item<float>(), 1e-5);
}

TEST_F(Network, ServingIsUnmovedByTraining) {
  const Peer peer(*this);
  const Tensor x = torch::rand({5, 8});
  const Tensor before = ask(peer.record(), x).output;
  {
    const torch::NoGradGuard no_grad;
    for (Tensor& parameter : peer.synapse->parameters()) parameter.zero_();
  }
  EXPECT_TRUE(torch::equal(ask(peer.record(), x).output, before));
}

TEST_F(Network, DeadPeerLeavesTheOthersAlone) {
  const Peer good(*this);
  const SynapseRecord dead{Wallet::create().key(), "127.0.0.1:1", good.record().schema};
  const Tensor x = torch::rand({5, 8}).requires_grad_();
  const auto answers = dendrite_.forward_tensor({dead, good.record()}, {x, x});
  EXPECT_EQ(answers[0].status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(torch::equal(answers[0].output, torch::zeros({5, kDim})));
  EXPECT_FALSE(answers[0].output.requires_grad());
  ASSERT_TRUE(answers[1].status.ok()) << answers[1].status;
  answers[1].output.sum().backward();
  EXPECT_GT(x.grad().abs().sum().item<float>(), 0);
}

TEST_F(Network, SilentPeerCostsTheTimeoutAndThenRests) {
  const Wallet wallet = Wallet::create();
  std::atomic<int> calls{0};
  std::vector<Transport::ReplyFn> held;
  const SynapseRecord silent = stranger(wallet, [&](Transport::Request, Transport::ReplyFn reply) {
    ++calls;
    held.push_back(std::move(reply));
  });
  Dendrite::Options options = dendrite_options();
  options.timeout = 50ms;
  Dendrite dendrite(options, *transport_, wallet_, executor_, nullptr);
  const Tensor x = torch::rand({5, 8});
  EXPECT_EQ(dendrite.forward_tensor({silent}, {x})[0].status.code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(dendrite.available({silent}, Inputs::of_tensor(x)).empty());
  EXPECT_FALSE(dendrite.forward_tensor({silent}, {x})[0].status.ok());
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(dendrite.stats().failed, 1u);
  EXPECT_EQ(dendrite.stats().skipped, 1u);
}

TEST_F(Network, UnusuallyLateAnswerIsNotWaitedForAndThePeerNotBlamed) {
  const Peer good(*this);
  const Wallet wallet = Wallet::create();
  std::vector<Transport::ReplyFn> held;
  const SynapseRecord silent = stranger(
      wallet, [&](Transport::Request, Transport::ReplyFn reply) { held.push_back(reply); });
  Dendrite::Options options = dendrite_options();
  options.timeout = 30s;
  Dendrite dendrite(options, *transport_, wallet_, executor_, nullptr);
  const Inputs inputs = Inputs::of_tensor(torch::rand({5, 8}));
  auto pending = dendrite.forward_async({good.record(), silent}, {inputs, inputs});
  const TimePoint start = executor_.now();
  const auto answers = pending.wait_usual();
  EXPECT_LT(executor_.now() - start, options.timeout / 2);
  EXPECT_TRUE(answers[0].status.ok()) << answers[0].status;
  EXPECT_EQ(answers[1].status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(torch::equal(answers[1].output, torch::zeros({5, kDim})));
  EXPECT_EQ(dendrite.stats().failed, 0u);
  EXPECT_EQ(dendrite.available({silent}, inputs).size(), 1u);
  transport_->close();  // Or the dendrite would wait for the call.
}

TEST_F(Network, AllPeersAreAskedAtTheSameTime) {
  constexpr int kPeers = 8;
  const Wallet wallet = Wallet::create();
  std::mutex mutex;
  std::vector<Transport::ReplyFn> waiting;
  std::vector<SynapseRecord> records;
  for (int i = 0; i < kPeers; ++i) {
    // Each answers only once the question has reached all of them.
    records.push_back(stranger(wallet, [&](Transport::Request, Transport::ReplyFn reply) {
      const std::lock_guard lock(mutex);
      waiting.push_back(std::move(reply));
      if (waiting.size() < kPeers) return;
      for (const auto& answer : waiting) answer(absl::NotFoundError("all asked"));
    }));
  }
  const Tensor x = torch::rand({5, 8});
  for (const Answer& answer : dendrite_.forward_tensor(records, std::vector<Tensor>(kPeers, x))) {
    EXPECT_EQ(answer.status.message(), "all asked");
  }
}

TEST_F(Network, NonsenseAnswersAreRefusedByName) {
  const Wallet wallet = Wallet::create();
  const Tensor x = torch::rand({5, 8});
  const std::pair<Tensor, const char*> nonsense[] = {
      {torch::zeros({5, kDim + 1}), "shape"},
      {torch::zeros({4, kDim}), "shape"},
      {torch::zeros({5}), "shape"},
      {torch::full({5, kDim}, NAN), "not finite"},
      {torch::full({5, kDim}, INFINITY), "not finite"},
      {torch::zeros({5, kDim}, torch::kInt64), ""},
  };
  for (const auto& [tensor, why] : nonsense) {
    const Answer answer = ask(answering(wallet, tensor), x);
    EXPECT_EQ(answer.status.code(), absl::StatusCode::kDataLoss) << answer.status;
    EXPECT_THAT(std::string(answer.status.message()), HasSubstr(why));
    EXPECT_TRUE(torch::equal(answer.output, torch::zeros({5, kDim})));
  }
}

TEST_F(Network, AnswerLargerThanTheSchemaAllowsIsRefused) {
  const Wallet wallet = Wallet::create();
  const Answer answer = ask(answering(wallet, torch::zeros({1000, 1000})), torch::rand({5, 8}));
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kResourceExhausted) << answer.status;
}

TEST_F(Network, AnswerOfSomebodyElseIsRefused) {
  const Wallet wallet = Wallet::create();
  SynapseRecord record = answering(wallet, torch::zeros({5, kDim}));
  record.key = Wallet::create().key();
  EXPECT_EQ(ask(record, torch::rand({5, 8})).status.code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(Network, InputsThatDoNotFitTheSchemaAreNotSent) {
  const Peer peer(*this);
  EXPECT_EQ(ask(peer.record(), torch::rand({5, 9})).status.code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(dendrite_.forward_image({peer.record()}, {torch::rand({5, 1, 2, 2})})[0].status.code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(peer.axon.stats().refused, 0u);
}

TEST_F(Network, RequestWithoutRowsIsNotSent) {
  const Peer peer(*this);
  const Answer answer = ask(peer.record(), torch::zeros({0, 8}));
  EXPECT_TRUE(answer.status.ok());
  EXPECT_EQ(answer.output.size(0), 0);
  EXPECT_EQ(peer.axon.stats().answered, 0u);
}

TEST_F(Network, OwnSynapseAnswersWithoutTheNetwork) {
  const auto own = std::make_shared<ServedSynapse>(TanhSynapse());
  Dendrite dendrite(dendrite_options(), *transport_, wallet_, executor_, [&] { return own; });
  const SynapseRecord self{wallet_.key(), "127.0.0.1:1", own->schema()};  // nobody listens there
  const Tensor x = torch::rand({5, 8}).requires_grad_();
  const Answer answer = dendrite.forward_tensor({self}, {x})[0];
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  answer.output.sum().backward();
  EXPECT_GT(x.grad().abs().sum().item<float>(), 0);
  EXPECT_EQ(dendrite.stats().local, 2u);
}

TEST_F(Network, OwnGradientIsOfTheCopyThatAnswered) {
  auto served = std::make_shared<ServedSynapse>(TanhSynapse());
  const std::shared_ptr<ServedSynapse> answered = served;
  Dendrite dendrite(dendrite_options(), *transport_, wallet_, executor_, [&] { return served; });
  const SynapseRecord self{wallet_.key(), "127.0.0.1:1", served->schema()};
  const Tensor x = torch::rand({5, 8}).requires_grad_();
  const Tensor output = dendrite.forward_tensor({self}, {x})[0].output;
  served = std::make_shared<ServedSynapse>(TanhSynapse());
  output.sum().backward();
  const auto wanted = answered->backward(Inputs::of_tensor(x.detach()), torch::ones({5, kDim}));
  ASSERT_TRUE(wanted.ok()) << wanted.status();
  EXPECT_TRUE(torch::allclose(x.grad(), *wanted));
}

TEST_F(Network, SwappingTheModelFailsNoRequest) {
  Peer peer(*this);
  const Tensor x = torch::rand({5, 8});
  std::atomic<bool> done{false};
  std::thread swapper([&] {
    while (!done) peer.axon.serve(TanhSynapse());
  });
  int failed = 0;
  for (int i = 0; i < 200; ++i) failed += ask(peer.record(), x).status.ok() ? 0 : 1;
  done = true;
  swapper.join();
  EXPECT_EQ(failed, 0);
}

// Requests by hand, for what a well-behaved dendrite would not send.
class Admission : public Network {
 protected:
  // What the axon says to `body` under `envelope`.
  absl::Status send(const Peer& peer, const std::string& envelope, const Payload& body) {
    std::promise<absl::Status> said;
    transport_->call(peer.record().axon_address, kForward, {envelope, body}, executor_.now() + 2s,
                     1 << 20, [&](Transport::Reply reply) { said.set_value(reply.status()); });
    return said.get_future().get();
  }
  std::string seal(const PublicKey& receiver, const Payload& body, std::int64_t ago_ms = 0) {
    return seal_request(wallet_, receiver, kForward, body, executor_.unix_ms() - ago_ms).bytes;
  }

  const Payload body_ = [] {
    v1::ForwardRequest head;
    head.set_modality(v1::MODALITY_TENSOR);
    Payload body(head.SerializeAsString());
    EXPECT_TRUE(
        append_tensor_field(v1::ForwardRequest::kInputsFieldNumber, torch::rand({1, 8}), body)
            .ok());
    return body;
  }();
};

TEST_F(Admission, SignedRequestIsAnsweredOnce) {
  const Peer peer(*this);
  const std::string envelope = seal(peer.wallet.key(), body_);
  EXPECT_TRUE(send(peer, envelope, body_).ok());
  EXPECT_EQ(send(peer, envelope, body_).code(), absl::StatusCode::kUnauthenticated) << "a replay";
}

TEST_F(Admission, UnsignedStaleMisdirectedAndTamperedRequestsAreRefused) {
  const Peer peer(*this);
  const PublicKey key = peer.wallet.key();
  EXPECT_EQ(send(peer, "", body_).code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(send(peer, "rubbish", body_).code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(send(peer, seal(key, body_, 3'600'000), body_).code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(send(peer, seal(Wallet::create().key(), body_), body_).code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(send(peer, seal(PublicKey(), body_), body_).code(), absl::StatusCode::kUnauthenticated);
  Payload tampered = body_;
  tampered.append("x");
  EXPECT_EQ(send(peer, seal(key, body_), tampered).code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(peer.axon.stats().answered, 0u);
  EXPECT_EQ(peer.axon.stats().refused, 6u);
}

TEST_F(Admission, KeyThatAsksTooMuchDoesNotFillTheReplayGuardForOthers) {
  Axon::Options options;
  options.admission.requests_per_second = 1;
  options.replay.max_nonces = 6;
  const Peer peer(*this, options);
  const PublicKey key = peer.wallet.key();
  for (int i = 0; i < 12; ++i) send(peer, seal(key, body_), body_).IgnoreError();
  const Wallet other = Wallet::create();
  const std::string envelope = seal_request(other, key, kForward, body_, executor_.unix_ms()).bytes;
  EXPECT_EQ(send(peer, envelope, body_), absl::OkStatus());
}

TEST_F(Admission, ReplaysOfAStrangerDoNotUseUpTheRateOfTheKey) {
  Axon::Options options;
  options.admission.requests_per_second = 2;
  const Peer peer(*this, options);
  const std::string replayed = seal(peer.wallet.key(), body_);
  for (int i = 0; i < 8; ++i) send(peer, replayed, body_).IgnoreError();
  EXPECT_EQ(send(peer, seal(peer.wallet.key(), body_), body_), absl::OkStatus());
}

TEST_F(Admission, UnsignedRequestIsAnsweredIfTheOwnerAllowsIt) {
  Axon::Options options;
  options.allow_unsigned = true;
  const Peer peer(*this, options);
  EXPECT_TRUE(send(peer, "", body_).ok());
}

TEST_F(Admission, OwnerMayRefuseCallers) {
  Axon::Options options;
  options.admit = [this](const PublicKey& caller) {
    return caller == wallet_.key() ? absl::PermissionDeniedError("not you") : absl::OkStatus();
  };
  const Peer peer(*this, options);
  EXPECT_EQ(send(peer, seal(peer.wallet.key(), body_), body_).code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(Admission, GarbageAndTooManyRowsAreRefused) {
  Axon::Options options;
  options.max_rows = 4;
  const Peer peer(*this, options);
  const Payload garbage("\x0a\xff\xff\xff\xff garbage");
  EXPECT_EQ(send(peer, seal(peer.wallet.key(), garbage), garbage).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ask(peer.record(), torch::rand({5, 8})).status.code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Admission, StoppedAxonAnswersWhatWaitsAndRefusesTheRest) {
  Peer peer(*this);
  peer.axon.stop();
  peer.axon.stop();
  EXPECT_EQ(send(peer, seal(peer.wallet.key(), body_), body_).code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace bittensor
