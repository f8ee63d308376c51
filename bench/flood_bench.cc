// SPDX-License-Identifier: MIT
//
// A flood of bad requests beside a good client: what becomes of its answers. Each kind of flood
// comes at half of the rate at which the axon can be made to refuse it, and from an address of
// its own (IPv6's loopback; the good client comes by IPv4's).
//
// The server has core 0 for itself; client and flood share core 1, the flood with less of a right
// to it: it stands for machines elsewhere.
#include <atomic>
#include <condition_variable>
#include <map>
#include <string>
#include <thread>

#include "CLI/CLI.hpp"
#include "bench/peers.h"
#include "bench/timing.h"
#include "synapses/mnist/mnist_synapse.h"
#include "torch/types.h"
#include "torch/utils.h"
#include <sys/resource.h>

#include "bittensor/base/allocator.h"
#include "bittensor/base/check.h"
#include "bittensor/base/json_file.h"
#include "bittensor/base/logging.h"
#include "bittensor/base/mutex.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/dendrite/peer_calls.h"
#include "bittensor/transport/grpc/grpc_transport.h"
#include "bittensor/trust/envelope.h"

namespace bittensor::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5;
constexpr int kServerCore = 0;
constexpr int kClientCore = 1;
constexpr double kSeconds = 1;          // of one measurement
constexpr double kGoodPerSecond = 100;  // calls of the good client
constexpr std::int64_t kGoodBatch = 8;  // images of one
constexpr int kSaturating = 64;         // bad requests under way, to find the greatest rate
constexpr int kMostUnderWay = 512;      // of a flood: it does not bury itself
constexpr auto kMoment = std::chrono::milliseconds(20);  // of the last call
constexpr auto kTimeout = std::chrono::seconds(5);
constexpr char kForward[] = "bittensor.v1.Axon/Forward";
constexpr std::size_t kMaxMessage = std::size_t{1} << 20;

std::shared_ptr<MnistSynapse> model() {
  torch::manual_seed(7);  // The same in both processes.
  auto synapse = std::make_shared<MnistSynapse>();
  synapse->eval();
  return synapse;
}

// Sends one bad message again and again, on a thread of its own.
class Flood {
 public:
  Flood(std::string address, Message message)
      : address_(std::move(address)), message_(std::move(message)) {}

  // Refusals a second, of as many requests as can be made.
  double saturate(double seconds) { return run(seconds, 1e9, kSaturating); }
  double at(double per_second, double seconds) { return run(seconds, per_second, kMostUnderWay); }

 private:
  double run(double seconds, double per_second, int most) {
    refused_ = 0;
    std::thread([this, seconds, per_second, most] {
      setpriority(PRIO_PROCESS, 0, 10);  // On Linux: of this thread and those that it starts.
      send(seconds, per_second, most);
    }).join();
    return static_cast<double>(refused_) / seconds;
  }

  void send(double seconds, double per_second, int most) {
    const TimePoint start = Clock::now();
    std::int64_t made = 0;
    for (double now = 0; now < seconds;) {
      while (static_cast<double>(made) < now * per_second && under_way_ < most) {
        ++made;
        ++under_way_;
        transport_.call(address_, kForward, message_, Clock::now() + kTimeout, kMaxMessage,
                        [this](const Transport::Reply& reply) {
                          BITTENSOR_CHECK(!reply.ok()) << "a bad request was answered";
                          ++refused_;
                          --under_way_;
                        });
      }
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      now = std::chrono::duration<double>(Clock::now() - start).count();
    }
    while (under_way_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  const std::string address_;
  const Message message_;
  std::atomic<int> under_way_{0};
  std::atomic<std::int64_t> refused_{0};
  GrpcTransport transport_;  // Last: its calls use the rest.
};

// Asks at a steady rate, signed, whatever becomes of its calls.
class GoodClient {
 public:
  explicit GoodClient(const SynapseRecord& peer) : peer_(peer) {
    torch::manual_seed(1);
    inputs_ = Inputs::of_image(torch::rand({kGoodBatch, 1, 28, 28}));
    const torch::NoGradGuard no_grad;
    expected_ = model()->forward_inputs(inputs_);
  }

  // Milliseconds of each call that was answered within `seconds`, or a moment later.
  std::vector<double> ask(double seconds) {
    const TimePoint start = Clock::now();
    {
      MutexLock lock(mutex_);
      answered_ms_.clear();
      end_ = start + kMoment +
             std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    }
    const int calls = static_cast<int>(seconds * kGoodPerSecond);
    for (int i = 0; i < calls; ++i) {
      std::this_thread::sleep_until(start + std::chrono::duration_cast<Duration>(
                                                std::chrono::duration<double>(i / kGoodPerSecond)));
      begin();
    }
    MutexLock lock(mutex_);
    while (under_way_ > 0) done_.wait(mutex_);
    return answered_ms_;
  }

 private:
  void begin() {
    {
      MutexLock lock(mutex_);
      ++under_way_;
    }
    calls_.forward(
        peer_, inputs_, /*labels=*/{}, /*call_id=*/0, Clock::now() + kTimeout,
        [this, sent = Clock::now()](const absl::StatusOr<PeerAnswer>& answer) {
          const std::chrono::duration<double, std::milli> took = Clock::now() - sent;
          BITTENSOR_CHECK(!answer.ok() || torch::allclose(answer->tensor, expected_, 1e-3, 1e-4));
          MutexLock lock(mutex_);
          if (answer.ok() && Clock::now() < end_) answered_ms_.push_back(took.count());
          if (--under_way_ == 0) done_.notify_all();
        });
  }

  const SynapseRecord peer_;
  Inputs inputs_;
  at::Tensor expected_;
  Mutex mutex_;
  std::condition_variable_any done_;
  int under_way_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  TimePoint end_ BITTENSOR_GUARDED_BY(mutex_);
  std::vector<double> answered_ms_ BITTENSOR_GUARDED_BY(mutex_);
  ThreadExecutor executor_;
  GrpcTransport transport_;
  const Wallet wallet_ = Wallet::create();
  PeerCalls calls_{{}, transport_, wallet_, executor_};
};

std::map<std::string, Message> bad_messages(const PublicKey& server) {
  const Payload sent(std::string(8 * 1024, 's'));
  const Payload proved(std::string(8 * 1024, 'p'));
  const Wallet stranger = Wallet::create();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  PairKeys keys(stranger);
  return {{"garbage", {std::string(200, '\xa5'), Payload(std::string(8 * 1024, '\xa5'))}},
          {"unsigned", {"", sent}},
          {"wrong_signature", {seal_request(stranger, server, kForward, proved, ms).bytes, sent}},
          {"wrong_code", {seal_request(keys, server, kForward, proved, ms).bytes, sent}},
          {"too_large", {"", Payload(std::string(2 * kMaxMessage, 'l'))}}};
}

// The worst of all kinds.
struct Worst {
  double p99_ratio = 0;
  double goodput_ratio = 1;
};

Worst measure(const std::string& name, const Peers& server, Results& results) {
  const SynapseRecord& peer = server.records().front();
  const std::string flooded = "[::1]" + peer.axon_address.substr(peer.axon_address.rfind(':'));
  GoodClient client(peer);
  client.ask(0.2);  // connects
  Worst worst;
  for (const auto& [kind, message] : bad_messages(peer.key)) {
    Flood flood(flooded, message);
    flood.saturate(0.2);
    const double most = flood.saturate(kSeconds);
    std::vector<double> quiet, beside;
    Rounds rate;
    for (int round = 0; round < kRounds; ++round) {
      for (const double ms : client.ask(kSeconds)) quiet.push_back(ms);
      std::thread flooding(
          [&, rate = &rate] { rate->values.push_back(flood.at(most / 2, kSeconds)); });
      for (const double ms : client.ask(kSeconds)) beside.push_back(ms);
      flooding.join();
    }
    BITTENSOR_CHECK(!quiet.empty() && !beside.empty()) << "the good client has no answers";
    const double ratio = Rounds{beside}.quantile(0.99) / Rounds{quiet}.quantile(0.99);
    const double goodput = static_cast<double>(beside.size()) / static_cast<double>(quiet.size());
    const std::string prefix = name + "." + kind;
    results.add(prefix + "_most_per_s", most, "refused/s");
    results.add(prefix + "_per_s", rate, "refused/s");
    results.add(prefix + "_quiet_p99_ms", Rounds{quiet}.quantile(0.99), "ms");
    results.add(prefix + "_p99_ms", Rounds{beside}.quantile(0.99), "ms");
    results.add(prefix + "_p99_ratio", ratio, "x quiet");
    results.add(prefix + "_goodput_ratio", goodput, "of quiet");
    worst.p99_ratio = std::max(worst.p99_ratio, ratio);
    worst.goodput_ratio = std::min(worst.goodput_ratio, goodput);
  }
  return worst;
}

void run(const std::string& json) {
  // All processes first: a process with threads must not fork.
  Peers::Options options;
  options.core = kServerCore;
  options.as_given = true;
  options.axon.listen_address = "0.0.0.0:0";
  options.axon.max_message_bytes = kMaxMessage;
  const Peers server(1, model, options);
  // As if each request came from another address: none is refused unread.
  options.axon.admission.refused_per_second = 0;
  const Peers spread(1, model, options);
  pin_to_core(kClientCore);
  torch::set_num_threads(1);

  Results results;
  const Worst one = measure("flood", server, results);
  const Worst many = measure("flood_spread", spread, results);
  results.add("flood.p99_ratio", one.p99_ratio, "x quiet, the worst kind");
  results.add("flood.goodput_ratio", one.goodput_ratio, "of quiet, the worst kind");
  results.add("flood_spread.p99_ratio", many.p99_ratio, "x quiet, the worst kind");
  results.add("flood_spread.goodput_ratio", many.goodput_ratio, "of quiet, the worst kind");
  if (json.empty()) return;
  const auto status = write_json(json, results.json());
  BITTENSOR_CHECK(status.ok()) << status;
}

}  // namespace
}  // namespace bittensor::bench

int main(int argc, char** argv) {
  bittensor::tune_allocator();
  CLI::App app("A flood of bad requests beside a good client; see docs/performance.md.");
  std::string json;
  app.add_option("--json", json, "write the numbers to this file");
  CLI11_PARSE(app, argc, argv);
  BITTENSOR_CHECK(bittensor::start_logging("error").ok());
  bittensor::bench::run(json);
  return 0;
}
