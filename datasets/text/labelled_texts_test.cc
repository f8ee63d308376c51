// SPDX-License-Identifier: MIT
#include "datasets/text/labelled_texts.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal(const char* tsv) {
  const auto parsed = parse_labelled_texts(tsv);
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(parsed.status().message());
}

TEST(LabelledTexts, ClassesAreNumberedByTheirNames) {
  const auto parsed =
      parse_labelled_texts("text\tlabel\nbuy now\tspam\r\nsee you\tham\n\na\tb\t ham \n");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->names, ElementsAre("ham", "spam"));
  EXPECT_THAT(parsed->texts, ElementsAre("buy now", "see you", "a\tb"));
  EXPECT_THAT(parsed->labels, ElementsAre(1, 0, 0));
  EXPECT_THAT(parsed->rows({2, 0}).labels, ElementsAre(0, 1));
}

TEST(LabelledTexts, LineThatIsWrongIsNamed) {
  EXPECT_THAT(refusal("a\tx\nb\n"), HasSubstr("line 2: no tab"));
  EXPECT_THAT(refusal("a\t\n"), HasSubstr("line 1: no label"));
  EXPECT_THAT(refusal("\tx\n"), HasSubstr("line 1: no text"));
  EXPECT_THAT(refusal("a\tx\nb\tx\n"), HasSubstr("fewer than two labels"));
  EXPECT_EQ(load_labelled_texts("/nowhere").status().code(), absl::StatusCode::kNotFound);
}

TEST(LabelledTexts, EveryTenthIsHeldOut) {
  const LabelledSplit split = hold_out(25);
  EXPECT_EQ(split.train.size(), 23u);
  EXPECT_THAT(split.test, ElementsAre(9, 19));
}

}  // namespace
}  // namespace bittensor
