// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

namespace bittensor {

// Asks the network about the batches to come while this one trains, so that the
// time of the network costs no time of training.
//
//   struct Asked { Batch batch; Route route; Dendrite::Pending pending; };
//   LookAhead<Asked> ahead(options.look_ahead, [&](std::int64_t step) { return Asked{...}; });
//   ...
//   Asked asked = ahead.next(training.step(), training.end_of_epoch());
//   ...
//   const auto answers = asked.pending.wait_usual();
//   const Route route = router->rescore(asked.route, weights, context);  // parameters of now
//
// How many batches it asks ahead follows from what it sees: one more whenever the
// answers were not there when they were needed, one less when they long have been;
// at most as many as it is told.
//
// A batch is asked about under the parameters of some steps ago, which decide who
// is asked about which sample. What counts for the loss is computed when its turn
// comes: encode again, and rescore() the route. A question whose inputs were
// computed from parameters in training has no gradient once an optimizer has
// changed them (libtorch refuses it): such a program looks ahead 0 batches.
//
// Not thread-safe.
template <typename Asked>
class LookAhead {
 public:
  // Sends the question of a step and returns at once.
  using Ask = std::function<Asked(std::int64_t step)>;

  // `most` 0: each batch is asked about when its turn comes.
  LookAhead(int most, Ask ask)
      : most_(static_cast<std::size_t>(most)), depth_(std::min<std::size_t>(1, most_)), ask_(ask) {}

  // The question of `step`, under way or asked now; then asks about the steps after it, those
  // before `end` only. What was asked for other steps is forgotten.
  Asked next(std::int64_t step, std::int64_t end) {
    if (first_ != step) asked_.clear();
    first_ = step;
    if (asked_.empty()) {
      asked_.push_back(ask_(step));
    } else {
      adapt(asked_.front().pending.ready());
    }
    Asked due = std::move(asked_.front());
    asked_.pop_front();
    ++first_;
    while (asked_.size() < depth_ && next_step() < end) asked_.push_back(ask_(next_step()));
    return due;
  }

  // How many batches it asks ahead at present.
  int depth() const { return static_cast<int>(depth_); }

 private:
  static constexpr int kCalm = 64;  // steps without a wait until it tries with one batch less

  std::int64_t next_step() const { return first_ + static_cast<std::int64_t>(asked_.size()); }

  void adapt(bool ready) {
    calm_ = ready ? calm_ + 1 : 0;
    if (!ready) {
      depth_ = std::min(depth_ + 1, most_);
    } else if (calm_ >= kCalm && depth_ > 1) {
      --depth_;
      calm_ = 0;
    }
  }

  const std::size_t most_;
  std::size_t depth_;
  const Ask ask_;
  std::deque<Asked> asked_;  // of the steps from first_ on
  std::int64_t first_ = 0;
  int calm_ = 0;
};

}  // namespace bittensor
