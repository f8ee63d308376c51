// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"

namespace bittensor {

// Where the time of training goes, as a file in the format of Chrome's trace viewer
// (https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU), which
// https://ui.perfetto.dev opens: the parts of each step, and each peer's calls on a track of its
// own.
//
// Thread-safe. Written as it goes, so that a run that is killed leaves a file that can be read, and
// no longer than kMaxEvents, some 100 MB: what comes later is left out.
class Trace {
 public:
  static constexpr std::uint64_t kMaxEvents = 1'000'000;

  // Part of a step on the thread that makes it, from here to the end of its life. Without a trace
  // it does nothing.
  class Span {
   public:
    // `name` must outlive the trace. `step`: which, if that is worth saying.
    Span(Trace* trace, const char* name, std::int64_t step = -1)
        : trace_(trace), name_(name), step_(step) {
      if (trace_ != nullptr) begin_ = trace_->executor_.now();
    }
    ~Span() {
      if (trace_ != nullptr) trace_->add_part(name_, step_, begin_);
    }
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;

   private:
    Trace* const trace_;
    const char* const name_;
    const std::int64_t step_;
    TimePoint begin_;
  };

  // Begins the file `path`; what was there goes. The error names it. `executor` must outlive the
  // trace.
  static absl::StatusOr<std::unique_ptr<Trace>> create(const std::string& path, Executor& executor);

  // Ends the file.
  ~Trace();

  // A call to a peer; `failure` is empty if it went well.
  void add_call(const std::string& peer, const char* what, TimePoint sent, TimePoint ended,
                const std::string& failure) BITTENSOR_EXCLUDES(mutex_);

 private:
  Trace(std::FILE* file, Executor& executor);

  void add_part(const char* name, std::int64_t step, TimePoint begin) BITTENSOR_EXCLUDES(mutex_);
  void name_track(int track, const std::string& name) BITTENSOR_REQUIRES(mutex_);
  bool full() BITTENSOR_REQUIRES(mutex_);
  double microseconds(TimePoint at) const;

  Executor& executor_;
  const TimePoint start_;
  Mutex mutex_;
  std::FILE* const file_;
  std::uint64_t events_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::uint64_t calls_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int> tracks_ BITTENSOR_GUARDED_BY(mutex_);  // of peers
};

}  // namespace bittensor
