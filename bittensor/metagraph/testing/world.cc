// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/testing/world.h"

#include <iostream>
#include <utility>

#include "bittensor/base/check.h"

namespace bittensor {
namespace {

// Drops the calls that are cut, at once.
class CutTransport final : public Transport {
 public:
  CutTransport(std::unique_ptr<Transport> next, Executor& executor, std::shared_ptr<World::Cut> cut)
      : next_(std::move(next)), executor_(executor), cut_(std::move(cut)) {}

  absl::StatusOr<std::unique_ptr<Listener>> listen(const std::string& address,
                                                   std::vector<std::string> methods,
                                                   std::size_t max_message_bytes,
                                                   Handler handler) override {
    auto listener = next_->listen(address, std::move(methods), max_message_bytes, handler);
    if (listener.ok()) address_ = (*listener)->address();
    return listener;
  }
  void call(const std::string& address, const std::string& method, Message message,
            TimePoint deadline, std::size_t max_reply_bytes, ReplyFn on_reply) override {
    if (*cut_ && (*cut_)(address_, address)) {
      executor_.post([on_reply] { on_reply(absl::UnavailableError("cut")); });
      return;
    }
    next_->call(address, method, std::move(message), deadline, max_reply_bytes,
                std::move(on_reply));
  }
  void close() override { next_->close(); }

 private:
  const std::unique_ptr<Transport> next_;
  Executor& executor_;
  const std::shared_ptr<World::Cut> cut_;
  std::string address_;
};

// The executor of one neuron, whose wall clock may be wrong.
class WrongClock final : public Executor {
 public:
  WrongClock(Executor& executor, int name, std::shared_ptr<const std::map<int, Duration>> wrong)
      : executor_(executor), name_(name), wrong_(std::move(wrong)) {}

  TimePoint now() const override { return executor_.now(); }
  std::int64_t unix_ms() const override {
    const auto wrong = wrong_->find(name_);
    if (wrong == wrong_->end()) return executor_.unix_ms();
    return executor_.unix_ms() +
           std::chrono::duration_cast<std::chrono::milliseconds>(wrong->second).count();
  }
  void post(std::function<void()> task) override { executor_.post(std::move(task)); }
  void post_at(TimePoint when, std::function<void()> task) override {
    executor_.post_at(when, std::move(task));
  }

 private:
  Executor& executor_;
  const int name_;
  const std::shared_ptr<const std::map<int, Duration>> wrong_;
};

}  // namespace

World::World(int seed) : seed_(seed) {
  std::cout << "seed " << seed << "\n";
}

World::~World() {
  for (auto& neuron : neurons_) {
    if (neuron) neuron->metagraph.reset();
  }
  executor_.run();
}

Wallet World::make_wallet(int name) const {
  std::string bytes(32, static_cast<char>(seed_));
  bytes[0] = static_cast<char>(name);
  return *Wallet::from_seed(bytes);
}

Metagraph& World::add(int name, Metagraph::Options options, bool serves) {
  options.farewell = Duration::zero();  // The clock stands still meanwhile.
  const auto index = static_cast<std::size_t>(name);
  if (neurons_.size() <= index) neurons_.resize(index + 1);
  neurons_[index].reset();
  auto neuron = std::make_unique<Neuron>(Neuron{
      std::make_unique<WrongClock>(executor_, name, wrong_), make_wallet(name), nullptr, nullptr});
  neuron->transport = std::make_unique<CutTransport>(board_.make_transport(), executor_, cut_);
  if (options.listen_address == Metagraph::Options().listen_address)
    options.listen_address = "127.0.0.1:0";
  neuron->metagraph = std::make_unique<Metagraph>(std::move(options), *neuron->transport,
                                                  neuron->wallet, *neuron->clock);
  if (serves) neuron->metagraph->subscribe(schema(), 1000 + name);
  const absl::Status started = neuron->metagraph->start();
  BITTENSOR_CHECK(started.ok()) << started;
  neurons_[index] = std::move(neuron);
  return *neurons_[index]->metagraph;
}

void World::kill(int name) {
  auto& neuron = neurons_.at(static_cast<std::size_t>(name));
  neuron->transport->close();
  neuron.reset();
}

void World::run(Duration time) {
  executor_.advance(time);
}

bool World::run_until(Duration time, const std::function<bool()>& done) {
  const TimePoint end = executor_.now() + time;
  while (!done()) {
    if (executor_.now() >= end) return false;
    run(std::chrono::milliseconds(50));
  }
  return true;
}

bool World::all_know(std::size_t count) const {
  for (const auto& neuron : neurons_) {
    if (neuron && neuron->metagraph->size() != count) return false;
  }
  return true;
}

}  // namespace bittensor
