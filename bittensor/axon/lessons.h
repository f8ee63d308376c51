// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"

#include "bittensor/base/mutex.h"
#include "bittensor/synapse/inputs.h"
#include "bittensor/wallet/keys.h"

namespace bittensor {

// A question with its labels: the one who is asked may learn from it.
struct Lesson {
  PublicKey from;
  Inputs inputs;
  at::Tensor labels;               // int64 [rows]; negative: unknown. Of text: the model's own
  std::vector<std::string> texts;  // of text: the rows without anything hidden; else empty

  std::int64_t rows() const { return inputs.batch(); }
  // The rows that `index` (int64 [n]) names, in its order.
  Lesson at(const at::Tensor& index) const;
};

// The last questions with labels that others asked, in memory only. A neuron adds rows of them to
// its own batches, as many as it likes, so that a slow one is not drowned; and a lesson has no age,
// since it is learnt with the parameters of that moment.
//
// Thread-safe. Bounded in number and bytes, all together and for each teacher: the oldest go first.
class Lessons {
 public:
  struct Options {
    std::size_t max_per_teacher = 48;
    std::size_t max_teachers = 64;
    std::size_t max_bytes = std::size_t{32} << 20;
  };

  // Rows taken together when lessons are mixed: a few of each question.
  static constexpr std::int64_t kRowsPerLesson = 16;

  explicit Lessons(Options options, std::uint64_t seed = 0) : options_(options), random_(seed) {}

  // Keeps the lesson. Returns whether it was kept: one larger than all that may be kept is not.
  bool add(Lesson lesson) BITTENSOR_EXCLUDES(mutex_);

  // `rows` rows at random, some of each of several lessons; none if there are no lessons, and fewer
  // if they are as large as all that may be kept. With `one_teacher`, all of them from one.
  std::vector<Lesson> draw(std::int64_t rows, bool one_teacher) BITTENSOR_EXCLUDES(mutex_);

  std::size_t size() const BITTENSOR_EXCLUDES(mutex_);
  std::size_t bytes() const BITTENSOR_EXCLUDES(mutex_);

 private:
  struct Kept {
    Lesson lesson;
    std::size_t bytes;
    std::uint64_t number;  // counts up: the least is the oldest
  };

  void drop_oldest(std::map<PublicKey, std::deque<Kept>>::iterator of) BITTENSOR_REQUIRES(mutex_);
  std::map<PublicKey, std::deque<Kept>>::iterator oldest() BITTENSOR_REQUIRES(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  std::mt19937_64 random_ BITTENSOR_GUARDED_BY(mutex_);
  std::map<PublicKey, std::deque<Kept>> kept_ BITTENSOR_GUARDED_BY(mutex_);  // oldest first
  std::size_t bytes_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::uint64_t count_ BITTENSOR_GUARDED_BY(mutex_) = 0;
};

}  // namespace bittensor
