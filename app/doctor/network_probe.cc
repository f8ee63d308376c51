// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "app/doctor/probes.h"

#include "bittensor/base/stop_signal.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/neuron/parts.h"

namespace bittensor {
namespace {

constexpr auto kStep = std::chrono::milliseconds(50);

// Counts the requests that come in.
class CountingTransport : public Transport {
 public:
  explicit CountingTransport(Transport& inner) : inner_(inner) {}

  absl::StatusOr<std::unique_ptr<Listener>> listen(const std::string& address,
                                                   std::vector<std::string> methods,
                                                   std::size_t max_message_bytes,
                                                   Handler handler) override {
    return inner_.listen(address, std::move(methods), max_message_bytes,
                         [this, handler = std::move(handler)](Request request, ReplyFn reply) {
                           ++requests_;
                           handler(std::move(request), std::move(reply));
                         });
  }
  void call(const std::string& address, const std::string& method, Message message,
            TimePoint deadline, std::size_t max_reply_bytes, ReplyFn on_reply) override {
    inner_.call(address, method, std::move(message), deadline, max_reply_bytes,
                std::move(on_reply));
  }
  void close() override { inner_.close(); }

  std::size_t requests() const { return requests_; }

 private:
  Transport& inner_;
  std::atomic<std::size_t> requests_{0};
};

// What this visitor says it serves: nothing that anybody has questions for.
Schema nothing() {
  Schema schema;
  schema.modality = Modality::kTensor;
  schema.shape = {1};
  schema.network_dim = 1;
  return schema;
}

}  // namespace

NetworkFacts probe_network(const NeuronOptions& options, std::chrono::milliseconds patience) {
  NetworkFacts facts;
  facts.bootstrap = options.metagraph.bootstrap;
  if (facts.bootstrap.empty()) return facts;
  // Not the neuron's own key, whose record must not be replaced by this one's.
  const Wallet wallet = Wallet::create();
  ThreadExecutor executor;
  auto transport = make_transport(options, wallet, executor);
  facts.started = transport.status();
  if (!transport.ok()) return facts;
  CountingTransport counting(**transport);
  Metagraph::Options own = metagraph_options(options);
  own.cache_file.clear();
  auto begin = std::chrono::steady_clock::now();
  {
    Metagraph metagraph(own, counting, wallet, executor);
    metagraph.subscribe(nothing(), std::max(1, options.axon_port));
    facts.started = metagraph.start();
    begin = std::chrono::steady_clock::now();  // The proof of work is done.
    const auto done = [&] { return metagraph.proven() > 0 && counting.requests() > 0; };
    while (facts.started.ok() && !done() && std::chrono::steady_clock::now() - begin < patience &&
           !StopSignal::wait_for(kStep)) {
    }
    facts.known = metagraph.proven();
    facts.calls = counting.requests();
    facts.address = metagraph.address();
    metagraph.stop();
  }
  (*transport)->close();
  facts.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return facts;
}

}  // namespace bittensor
