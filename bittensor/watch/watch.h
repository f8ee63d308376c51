// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"
#include "bittensor/watch/neuron_state.h"

namespace bittensor {

// What a running neuron says of itself as it goes: what it does, what it waits for, how training
// goes, what happened. Others look at it whenever they like.
//
// Thread-safe. A training step costs two stores; the lock is taken only when something begins,
// ends or happens. Bounded: old events go, old points of the curves are thinned.
class Watch {
 public:
  using Phase = NeuronState::Phase;

  // Something is waited for as long as this lives.
  class Wait {
   public:
    Wait(Wait&& other) noexcept : watch_(other.watch_), number_(other.number_) {
      other.watch_ = nullptr;
    }
    Wait& operator=(Wait&&) = delete;
    ~Wait() {
      if (watch_ != nullptr) watch_->end_wait(number_);
    }

   private:
    friend class Watch;
    Wait(Watch* watch, std::uint64_t number) : watch_(watch), number_(number) {}

    Watch* watch_;
    std::uint64_t number_;
  };

  // `executor` must outlive it.
  explicit Watch(Executor& executor);

  // Who the neuron is, as far as the caller knows; times are the watch's own.
  void describe(NeuronState::About about) BITTENSOR_EXCLUDES(mutex_);

  // `what` completes "waits for ...". `until`: when it goes on without; none: for as long as it
  // takes. `peer`: whose key, if it is one's.
  [[nodiscard]] Wait wait(std::string what, std::optional<TimePoint> until = {},
                          std::string peer = {}) BITTENSOR_EXCLUDES(mutex_);

  // Returns the phase before.
  Phase set_phase(Phase phase);

  // An epoch begins: the `epoch`-th of `epochs`, from 1, with so many steps each.
  void begin_epoch(std::int64_t epoch, std::int64_t epochs, std::int64_t steps_per_epoch)
      BITTENSOR_EXCLUDES(mutex_);
  // `steps` are done through all epochs; the last had `samples`. From the training thread only.
  void step_done(std::int64_t steps, std::int64_t samples) {
    samples_.fetch_add(samples, std::memory_order_relaxed);
    step_.store(steps, std::memory_order_relaxed);
  }
  // Whether it is time for add_loss(): some times a second at first, less often as a run gets long.
  bool wants_loss() const { return executor_.now().time_since_epoch().count() >= next_point_; }
  // The mean losses since the last time: a point of the curves. What no step had is empty there,
  // and in training as it was.
  void add_loss(const NeuronState::Loss& loss) BITTENSOR_EXCLUDES(mutex_);
  // What a test found: a point of the curves, which has these alone; what is empty stays as it was
  // in training.
  void add_accuracy(const NeuronState::Accuracy& accuracy) BITTENSOR_EXCLUDES(mutex_);

  void add_event(NeuronState::EventKind kind, std::string text, std::string peer = {})
      BITTENSOR_EXCLUDES(mutex_);

  // The state as far as the watch knows it: without peers, weights and axon.
  NeuronState state() const BITTENSOR_EXCLUDES(mutex_);

  double unix_s() const { return static_cast<double>(executor_.unix_ms()) / 1000; }
  // As Unix time, what is a time of the executor.
  double unix_s(TimePoint at) const {
    return unix_s() + std::chrono::duration<double>(at - executor_.now()).count();
  }

 private:
  struct Open {
    std::uint64_t number;
    NeuronState::Waiting waiting;
  };

  void end_wait(std::uint64_t number) BITTENSOR_EXCLUDES(mutex_);
  void add_point(const NeuronState::Loss& loss, const NeuronState::Accuracy& accuracy)
      BITTENSOR_REQUIRES(mutex_);
  double samples_per_s() const BITTENSOR_REQUIRES(mutex_);

  Executor& executor_;
  std::atomic<Phase> phase_{Phase::kStarting};
  std::atomic<std::int64_t> step_{0};
  std::atomic<std::int64_t> samples_{0};
  std::atomic<TimePoint::rep> next_point_{0};

  // When so many samples and steps were done.
  struct Pace {
    TimePoint at;
    std::int64_t samples;
    std::int64_t steps;
  };

  mutable Mutex mutex_;
  NeuronState::About about_ BITTENSOR_GUARDED_BY(mutex_);
  NeuronState::Training training_ BITTENSOR_GUARDED_BY(mutex_);
  std::list<Open> waiting_ BITTENSOR_GUARDED_BY(mutex_);
  std::uint64_t waits_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::vector<NeuronState::Point> history_ BITTENSOR_GUARDED_BY(mutex_);
  Duration interval_ BITTENSOR_GUARDED_BY(mutex_);  // between points
  std::deque<NeuronState::Event> events_ BITTENSOR_GUARDED_BY(mutex_);
  std::deque<Pace> pace_ BITTENSOR_GUARDED_BY(mutex_);  // of the last seconds
};

}  // namespace bittensor
