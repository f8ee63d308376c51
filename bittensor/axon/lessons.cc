// SPDX-License-Identifier: MIT
#include "bittensor/axon/lessons.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ATen/ATen.h"

namespace bittensor {
namespace {

constexpr std::size_t kLessonBytes = 512;  // what a lesson costs besides its contents

std::size_t bytes_of(const Lesson& lesson) {
  std::size_t bytes = kLessonBytes;
  if (lesson.inputs.tensor.defined()) bytes += lesson.inputs.tensor.nbytes();
  if (lesson.labels.defined()) bytes += lesson.labels.nbytes();
  for (const std::string& text : lesson.inputs.text) bytes += text.size();
  for (const std::string& text : lesson.texts) bytes += text.size();
  return bytes;
}

}  // namespace

Lesson Lesson::at(const at::Tensor& index) const {
  Lesson part;
  part.from = from;
  part.inputs = inputs.rows(index);
  if (labels.defined()) part.labels = labels.index_select(0, index);
  const auto* const row = index.data_ptr<std::int64_t>();
  if (!texts.empty()) {
    for (std::int64_t i = 0; i < index.numel(); ++i) part.texts.push_back(texts[row[i]]);
  }
  return part;
}

bool Lessons::add(Lesson lesson) {
  const std::size_t bytes = bytes_of(lesson);
  if (bytes > options_.max_bytes || lesson.rows() == 0) return false;
  MutexLock lock(mutex_);
  auto of_teacher = kept_.find(lesson.from);
  if (of_teacher == kept_.end()) {
    while (kept_.size() >= options_.max_teachers) drop_oldest(oldest());
    of_teacher = kept_.emplace(lesson.from, std::deque<Kept>()).first;
  }
  of_teacher->second.push_back({std::move(lesson), bytes, ++count_});
  bytes_ += bytes;
  if (of_teacher->second.size() > options_.max_per_teacher) drop_oldest(of_teacher);
  while (bytes_ > options_.max_bytes) drop_oldest(oldest());
  return true;
}

void Lessons::drop_oldest(std::map<PublicKey, std::deque<Kept>>::iterator of) {
  bytes_ -= of->second.front().bytes;
  of->second.pop_front();
  if (of->second.empty()) kept_.erase(of);
}

std::map<PublicKey, std::deque<Lessons::Kept>>::iterator Lessons::oldest() {
  return std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
    return a.second.front().number < b.second.front().number;
  });
}

std::vector<Lesson> Lessons::draw(std::int64_t rows, bool one_teacher) {
  std::vector<Lesson> drawn;
  MutexLock lock(mutex_);
  if (kept_.empty()) return drawn;
  const auto below = [this](std::size_t n) BITTENSOR_REQUIRES(mutex_) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  };
  auto teacher = std::next(kept_.begin(), static_cast<std::ptrdiff_t>(below(kept_.size())));
  // Each row is a copy: a lesson of one large row must not become as many as are wanted.
  for (std::size_t bytes = 0; rows > 0 && bytes <= options_.max_bytes;) {
    const Lesson& lesson = teacher->second[below(teacher->second.size())].lesson;
    const std::int64_t part = std::min({rows, kRowsPerLesson, lesson.rows()});
    at::Tensor index = at::empty({part}, at::kLong);
    for (std::int64_t i = 0; i < part; ++i) {
      index.data_ptr<std::int64_t>()[i] =
          static_cast<std::int64_t>(below(static_cast<std::size_t>(lesson.rows())));
    }
    drawn.push_back(lesson.at(index));
    bytes += bytes_of(drawn.back());
    rows -= part;
    if (!one_teacher) {
      teacher = std::next(kept_.begin(), static_cast<std::ptrdiff_t>(below(kept_.size())));
    }
  }
  return drawn;
}

std::size_t Lessons::size() const {
  MutexLock lock(mutex_);
  std::size_t lessons = 0;
  for (const auto& [from, of_teacher] : kept_) lessons += of_teacher.size();
  return lessons;
}

std::size_t Lessons::bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace bittensor
