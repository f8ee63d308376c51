// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bittensor/base/manual_executor.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/transport/in_process_transport.h"

namespace bittensor {

// Neurons of one process, with a clock that the test moves. Their keys follow
// from the seed, which is printed.
//
// Not thread-safe.
class World {
 public:
  // May a message go from one address to another?
  using Cut = std::function<bool(const std::string& from, const std::string& to)>;

  struct Neuron {
    std::unique_ptr<Executor> clock;
    Wallet wallet;
    std::unique_ptr<Transport> transport;
    std::unique_ptr<Metagraph> metagraph;
  };

  explicit World(int seed = 1);
  ~World();

  // A neuron with its metagraph started and subscribed, if it is to serve. The same `name`
  // (below 256) is the same key.
  Metagraph& add(int name, Metagraph::Options options = {}, bool serves = true);
  Metagraph& at(int name) { return *neurons_.at(static_cast<std::size_t>(name))->metagraph; }
  const Wallet& wallet(int name) const {
    return neurons_.at(static_cast<std::size_t>(name))->wallet;
  }

  // The clock of `name` is wrong by so much from now on, ahead if positive.
  void set_clock(int name, Duration wrong) { (*wrong_)[name] = wrong; }

  // As kill -9: it says nothing more.
  void kill(int name);

  // Messages for which `cut` is true are lost, from now on.
  void set_cut(Cut cut) { *cut_ = std::move(cut); }

  void run(Duration time);
  // Whether `done` holds within `time`, in steps of 50 ms.
  bool run_until(Duration time, const std::function<bool()>& done);
  // Whether each neuron that runs knows exactly `count` others.
  bool all_know(std::size_t count) const;

  ManualExecutor& executor() { return executor_; }
  std::unique_ptr<Transport> make_transport() { return board_.make_transport(); }
  Wallet make_wallet(int name) const;

  static Schema schema() { return {Modality::kTensor, at::kFloat, {4}, 8}; }

 private:
  const int seed_;
  ManualExecutor executor_;
  Switchboard board_{executor_};
  const std::shared_ptr<std::map<int, Duration>> wrong_ =
      std::make_shared<std::map<int, Duration>>();
  const std::shared_ptr<Cut> cut_ = std::make_shared<Cut>();
  std::vector<std::unique_ptr<Neuron>> neurons_;  // by name
};

}  // namespace bittensor
