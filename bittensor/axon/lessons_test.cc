// SPDX-License-Identifier: MIT
#include "bittensor/axon/lessons.h"

#include <set>

#include "gtest/gtest.h"
#include "torch/types.h"

#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

// `rows` rows whose label is their value.
Lesson lesson_of(const PublicKey& from, std::int64_t rows, std::int64_t first = 0) {
  Lesson lesson;
  lesson.from = from;
  lesson.labels = torch::arange(first, first + rows);
  lesson.inputs = Inputs::of_tensor(lesson.labels.to(torch::kFloat).unsqueeze(1));
  return lesson;
}

std::int64_t rows_of(const std::vector<Lesson>& lessons) {
  std::int64_t rows = 0;
  for (const Lesson& lesson : lessons) rows += lesson.rows();
  return rows;
}

TEST(Lessons, ADrawHasTheRowsThatWereAskedForWithTheirOwnLabels) {
  Lessons lessons({});
  EXPECT_TRUE(lessons.draw(64, false).empty());
  ASSERT_TRUE(lessons.add(lesson_of(Wallet::create().key(), 64)));
  const std::vector<Lesson> drawn = lessons.draw(40, false);
  EXPECT_EQ(rows_of(drawn), 40);
  for (const Lesson& lesson : drawn) {
    EXPECT_LE(lesson.rows(), Lessons::kRowsPerLesson);
    EXPECT_TRUE(torch::equal(lesson.inputs.tensor.squeeze(1), lesson.labels.to(torch::kFloat)));
  }
}

TEST(Lessons, OfOneTeacherComeFromOneTeacher) {
  Lessons lessons({});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(lessons.add(lesson_of(Wallet::create().key(), 16)));
  std::set<PublicKey> all;
  for (int i = 0; i < 50; ++i) {
    std::set<PublicKey> teachers;
    for (const Lesson& lesson : lessons.draw(64, /*one_teacher=*/true)) {
      teachers.insert(lesson.from);
    }
    EXPECT_EQ(teachers.size(), 1U);
    all.insert(teachers.begin(), teachers.end());
  }
  EXPECT_GT(all.size(), 1U);
}

TEST(Lessons, TheOldestOfATeacherGoFirst) {
  Lessons::Options options;
  options.max_per_teacher = 2;
  Lessons lessons(options);
  const PublicKey teacher = Wallet::create().key();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(lessons.add(lesson_of(teacher, 1, i)));
  EXPECT_EQ(lessons.size(), 2U);
  for (int i = 0; i < 20; ++i) {
    EXPECT_GE(lessons.draw(1, false)[0].labels.item<std::int64_t>(), 3);
  }
}

TEST(Lessons, OneTeacherCannotTakeThePlaceOfTheOthers) {
  Lessons lessons({});
  const PublicKey quiet = Wallet::create().key();
  ASSERT_TRUE(lessons.add(lesson_of(quiet, 1, 7)));
  const PublicKey loud = Wallet::create().key();
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(lessons.add(lesson_of(loud, 1)));
  bool heard = false;
  for (int i = 0; i < 100 && !heard; ++i) heard = lessons.draw(1, false)[0].from == quiet;
  EXPECT_TRUE(heard);
}

TEST(Lessons, StayWithinTheirBytesAndTeachers) {
  Lessons::Options options;
  options.max_bytes = 10'000;
  options.max_teachers = 3;
  Lessons lessons(options);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(lessons.add(lesson_of(Wallet::create().key(), 64)));
  EXPECT_LE(lessons.bytes(), options.max_bytes);
  EXPECT_LE(lessons.size(), 3U);
  EXPECT_FALSE(lessons.add(lesson_of(Wallet::create().key(), 5000)));
}

TEST(Lessons, ADrawOfLargeRowsIsCutShort) {
  Lessons::Options options;
  options.max_bytes = 10'000;
  Lessons lessons(options);
  Lesson large = lesson_of(Wallet::create().key(), 1);
  large.inputs = Inputs::of_tensor(torch::zeros({1, 2000}));  // 8,000 bytes
  ASSERT_TRUE(lessons.add(large));
  EXPECT_EQ(rows_of(lessons.draw(64, false)), 2);
}

TEST(Lessons, OfTextKeepTheirTexts) {
  Lessons lessons({});
  Lesson lesson;
  lesson.from = Wallet::create().key();
  lesson.inputs = Inputs::of_text({"a [MASK]"});
  lesson.texts = {"a b"};
  ASSERT_TRUE(lessons.add(lesson));
  EXPECT_EQ(lessons.draw(1, false)[0].texts, lesson.texts);
}

}  // namespace
}  // namespace bittensor
