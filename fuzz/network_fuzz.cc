// SPDX-License-Identifier: MIT
//
// A stranger's bytes to a whole axon and a whole dendrite. The first byte of the input says what
// the rest is: the body of a Forward (0) or a Backward (1), of their replies (2, 3), an envelope
// (4), a tensor (5), a certificate as DER (6). make_corpus.py makes the corpus.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "torch/types.h"

#include "bittensor/axon/axon.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/dendrite/peer_calls.h"
#include "bittensor/tensor/finite.h"
#include "bittensor/tensor/wire_tensor.h"
#include "bittensor/transport/in_process_transport.h"
#include "bittensor/trust/certificate.h"
#include "bittensor/trust/envelope.h"

namespace bittensor {
namespace {

constexpr std::int64_t kDim = 8;
constexpr auto kPatience = std::chrono::seconds(20);
constexpr char kForward[] = "bittensor.v1.Axon/Forward";
constexpr char kBackward[] = "bittensor.v1.Axon/Backward";

class Doubler : public Synapse {
 public:
  Schema schema() const override { return {Modality::kTensor, at::kFloat, {kDim}, kDim}; }
  torch::Tensor forward_tensor(const torch::Tensor& inputs) override { return 2 * inputs; }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<Doubler>(); }
};

void require(bool holds) {
  if (!holds) std::abort();
}

// An axon that takes all requests, and a peer that replies whatever the input says.
class Network {
 public:
  Network() {
    axon_.serve(Doubler());
    require(axon_.start().ok());
    auto listener = stranger_->listen(
        "127.0.0.1:0", {kForward, kBackward}, 64 << 20,
        [this](const Transport::Request& request, const Transport::ReplyFn& reply) {
          const auto asked =
              open_request(keys_, request.message.envelope, request.method, request.message.body);
          require(asked.ok());
          const Payload body{reply_};
          reply(
              Message{seal_reply(keys_, *asked, request.method, body, executor_.unix_ms()), body});
        });
    require(listener.ok());
    listener_ = *std::move(listener);
    peer_ = {wallet_.key(), listener_->address(), Doubler().schema()};
  }
  ~Network() {
    listener_.reset();
    axon_.stop();
    executor_.stop();
  }

  bool opens(const std::string& envelope) {
    return open_request(envelope, kForward, Payload("body")).ok() ||
           open_request(keys_, envelope, kForward, Payload("body")).ok();
  }

  void ask(const char* method, std::string body) {
    std::promise<void> done;
    transport_->call("127.0.0.1:" + std::to_string(axon_.port()), method,
                     Message{"", Payload(std::move(body))}, executor_.now() + kPatience, 64 << 20,
                     [&](const Transport::Reply&) { done.set_value(); });
    done.get_future().wait();
  }

  void answer(bool backward, std::string body) {
    reply_ = std::move(body);
    const Inputs inputs = Inputs::of_tensor(torch::ones({2, kDim}));
    std::promise<void> done;
    const auto check = [&](const absl::StatusOr<PeerAnswer>& answer) {
      require(!answer.ok() ||
              (answer->tensor.sizes() == at::IntArrayRef({2, kDim}) && all_finite(answer->tensor)));
      done.set_value();
    };
    const TimePoint deadline = executor_.now() + kPatience;
    if (backward) {
      calls_.backward(peer_, inputs, 1, torch::ones({2, kDim}), deadline, check);
    } else {
      calls_.forward(peer_, inputs, /*labels=*/{}, 0, deadline, check);
    }
    done.get_future().wait();
  }

 private:
  static Axon::Options axon_options() {
    Axon::Options options;
    options.listen_address = "127.0.0.1:0";
    options.allow_unsigned = true;
    options.admission.refused_per_second = 0;
    return options;
  }
  static PeerCalls::Options call_options() {
    PeerCalls::Options options;
    options.network_dim = kDim;
    return options;
  }

  ThreadExecutor executor_{2};
  Switchboard board_{executor_};
  const Wallet wallet_ = Wallet::create();
  PairKeys keys_{wallet_};
  const std::unique_ptr<Transport> transport_ = board_.make_transport();
  const std::unique_ptr<Transport> stranger_ = board_.make_transport();
  std::string reply_;
  std::unique_ptr<Transport::Listener> listener_;
  SynapseRecord peer_;
  Axon axon_{axon_options(), *transport_, wallet_, executor_};
  PeerCalls calls_{call_options(), *transport_, wallet_, executor_};
};

void read_tensor(const std::string& bytes) {
  const Payload payload(bytes);
  WireTensor wire(/*field_number=*/0);
  if (!parse_tensor(payload, wire).ok()) return;
  const auto decoded = decode_tensor(payload, wire);
  // What is made of it is no larger than what came: four bytes of each byte if it is compressed.
  require(!decoded.ok() || decoded->tensor.nbytes() <= 4 * bytes.size());
}

void read_certificate(const std::string& der) {
  constexpr std::int64_t kNow = 1'800'000'000;  // The corpus' certificate is valid then.
  const std::string pem = absl::StrCat("-----BEGIN CERTIFICATE-----\n", absl::Base64Escape(der),
                                       "\n-----END CERTIFICATE-----\n");
  (void)neuron_of_certificate(pem, kNow);
}

}  // namespace
}  // namespace bittensor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bittensor;
  static Network network;
  if (size == 0) return 0;
  std::string rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 0:
      network.ask(kForward, std::move(rest));
      break;
    case 1:
      network.ask(kBackward, std::move(rest));
      break;
    case 2:
    case 3:
      network.answer(data[0] == 3, std::move(rest));
      break;
    case 4:
      require(!network.opens(rest));
      break;
    case 5:
      read_tensor(rest);
      break;
    case 6:
      read_certificate(rest);
      break;
    default:
      break;
  }
  return 0;
}
