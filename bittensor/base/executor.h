// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace bittensor {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

// Where deferred work runs and where the time comes from. Everything that
// waits, retries, expires or polls does it through an Executor, so that a test
// can hold the clock (see ManualExecutor).
//
// A task never runs inside the call that posted it.
// Executors are thread-safe.
class Executor {
 public:
  virtual ~Executor() = default;

  // Never goes back: for deadlines and intervals of this process.
  virtual TimePoint now() const = 0;

  // Milliseconds since 1970, UTC: what neurons tell each other. May jump.
  virtual std::int64_t unix_ms() const = 0;

  // Runs `task` after those posted before it.
  virtual void post(std::function<void()> task) = 0;

  // Runs `task` once now() has reached `when`.
  virtual void post_at(TimePoint when, std::function<void()> task) = 0;
};

}  // namespace bittensor
