// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json_fwd.hpp"

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"

namespace bittensor {

// How far a training epoch has come, and how it is going.
struct StepProgress {
  int epoch = 0;   // from 1
  int epochs = 0;  // of so many
  std::int64_t images = 0;
  std::int64_t images_in_epoch = 0;
  double local_loss = 0;    // means over the steps since the last line
  double network_loss = 0;  // NaN if none of these had a network
  double distillation_loss = 0;
  std::size_t peers = 0;
  std::uint64_t answers_ok = 0;
  std::uint64_t answers_failed = 0;
  std::vector<std::pair<std::string, double>> weights;  // short key of a synapse, its weight
};

// Shows the progress of training on standard output: a live view or a bar that is drawn again in
// place, plain lines, JSON objects, one per line, for another program, or nothing.
//
// Not thread-safe, but for say(), draw() and clear().
class Progress {
 public:
  enum class Style { kLive, kBar, kLines, kJson, kQuiet };

  // "live", "bar", "lines", "json", "quiet"; "auto" is a live view on a terminal and lines
  // elsewhere.
  static Style style_of(const std::string& name);

  Progress(Style style, Executor& executor) : style_(style), executor_(executor) {}

  Style style() const { return style_; }

  // Starts the clock of images/s and of the time left, in an epoch of which `images` were trained
  // before, by a run that this one resumes.
  void start_epoch(std::int64_t images = 0);

  // Whether it is time to show a step: at each `interval`, or, with a bar, ten times a second.
  bool due(bool interval) const;
  void show(const StepProgress& step);

  // A line of its own: the result of a test, where a checkpoint went.
  void say(const std::string& line) BITTENSOR_EXCLUDES(mutex_);

  // Draws the live view, `lines`, in place of what was drawn before. Nothing in other styles.
  void draw(std::vector<std::string> lines) BITTENSOR_EXCLUDES(mutex_);
  // Takes it away.
  void clear() { draw({}); }

  // For a program that reads: an object {"event": event, ...fields}. Nothing in other styles.
  void event(const std::string& event, const nlohmann::json& fields);

  // Of training, over all epochs so far.
  double training_seconds() const { return seconds_before_ + seconds_; }
  // Training images a second, over all epochs so far; 0 before any.
  double images_per_second() const;

 private:
  double epoch_seconds() const;
  double images_per_second_of_epoch() const;
  double seconds_left(const StepProgress& step) const;
  std::string line_of(const StepProgress& step) const;
  std::string short_line_of(const StepProgress& step) const;
  void erase() BITTENSOR_REQUIRES(mutex_);

  const Style style_;
  Executor& executor_;
  TimePoint epoch_start_;
  TimePoint last_drawn_;
  std::int64_t images_before_ = 0;  // of finished epochs
  double seconds_before_ = 0;
  std::int64_t images_at_start_ = 0;  // of this epoch, trained before its clock started
  std::int64_t images_ = 0;           // of this epoch, trained since
  double seconds_ = 0;
  bool bar_open_ = false;

  Mutex mutex_;
  std::vector<std::string> view_ BITTENSOR_GUARDED_BY(mutex_);  // as it is on the screen
};

// "12 s", "3 min 05 s", "2 h 10 min"
std::string duration_text(double seconds);

}  // namespace bittensor
