// SPDX-License-Identifier: MIT
#include "bittensor/watch/watch.h"

#include <algorithm>
#include <utility>

#include "bittensor/watch/curve.h"

namespace bittensor {
namespace {

constexpr Duration kFirstInterval = std::chrono::milliseconds(250);  // between points
constexpr Duration kPaceOver = std::chrono::seconds(5);

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Watch::Watch(Executor& executor) : executor_(executor), interval_(kFirstInterval) {
  about_.started_s = unix_s();
}

void Watch::describe(NeuronState::About about) {
  MutexLock lock(mutex_);
  about.started_s = about_.started_s;
  about_ = std::move(about);
}

Watch::Wait Watch::wait(std::string what, std::optional<TimePoint> until, std::string peer) {
  NeuronState::Waiting waiting;
  waiting.what = std::move(what);
  waiting.peer = std::move(peer);
  waiting.since_s = unix_s();
  if (until) waiting.until_s = unix_s(*until);
  MutexLock lock(mutex_);
  waiting_.push_back({++waits_, std::move(waiting)});
  return Wait(this, waits_);
}

void Watch::end_wait(std::uint64_t number) {
  MutexLock lock(mutex_);
  waiting_.remove_if([number](const Open& open) { return open.number == number; });
}

Watch::Phase Watch::set_phase(Phase phase) {
  return phase_.exchange(phase);
}

void Watch::begin_epoch(std::int64_t epoch, std::int64_t epochs, std::int64_t steps_per_epoch) {
  MutexLock lock(mutex_);
  training_.epoch = epoch;
  training_.epochs = epochs;
  training_.steps = epochs * steps_per_epoch;
  // Between epochs the neuron tests and saves: that is not how fast it trains.
  pace_.clear();
  pace_.push_back({executor_.now(), samples_, step_});
}

void Watch::add_loss(const NeuronState::Loss& loss) {
  MutexLock lock(mutex_);
  if (loss.local) training_.loss.local = loss.local;
  if (loss.network) training_.loss.network = loss.network;
  if (loss.train) training_.loss.train = loss.train;
  const TimePoint now = executor_.now();
  pace_.push_back({now, samples_, step_});
  while (pace_.size() > 2 && pace_[1].at < now - kPaceOver) pace_.pop_front();
  add_point(loss, {});
  next_point_ = (now + interval_).time_since_epoch().count();
}

void Watch::add_accuracy(const NeuronState::Accuracy& accuracy) {
  MutexLock lock(mutex_);
  if (accuracy.alone) training_.accuracy.alone = accuracy.alone;
  if (accuracy.local) training_.accuracy.local = accuracy.local;
  if (accuracy.network) training_.accuracy.network = accuracy.network;
  add_point({}, accuracy);
}

void Watch::add_point(const NeuronState::Loss& loss, const NeuronState::Accuracy& accuracy) {
  NeuronState::Point point;
  point.step = step_;
  point.time_s = unix_s();
  point.loss = loss;
  point.accuracy = accuracy;
  point.samples_per_s = samples_per_s();
  history_.push_back(point);
  if (history_.size() <= NeuronState::kMaxHistory) return;
  thin(history_, 2);  // and from now on only half as many come
  interval_ *= 2;
}

double Watch::samples_per_s() const {
  if (pace_.size() < 2) return 0;
  const double time = seconds(pace_.back().at - pace_.front().at);
  return time > 0 ? static_cast<double>(pace_.back().samples - pace_.front().samples) / time : 0;
}

void Watch::add_event(NeuronState::EventKind kind, std::string text, std::string peer) {
  MutexLock lock(mutex_);
  events_.push_back({unix_s(), kind, std::move(peer), std::move(text)});
  if (events_.size() > NeuronState::kMaxEvents) events_.pop_front();
}

NeuronState Watch::state() const {
  NeuronState state;
  MutexLock lock(mutex_);
  state.neuron = about_;
  state.neuron.uptime_s = unix_s() - about_.started_s;
  state.training = training_;
  state.training.phase = phase_;
  state.training.step = step_;
  state.training.samples_per_s = samples_per_s();
  for (const Open& open : waiting_) state.training.waiting.push_back(open.waiting);
  if (phase_ == Phase::kEnded) {
    state.training.time_left_s = 0;
  } else if (pace_.size() >= 2 && pace_.back().steps > pace_.front().steps) {
    const double step = seconds(pace_.back().at - pace_.front().at) /
                        static_cast<double>(pace_.back().steps - pace_.front().steps);
    const auto left = std::max<std::int64_t>(training_.steps - step_, 0);
    state.training.time_left_s = step * static_cast<double>(left);
  }
  state.history = history_;
  state.events.assign(events_.begin(), events_.end());
  return state;
}

}  // namespace bittensor
