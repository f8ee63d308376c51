// SPDX-License-Identifier: MIT
#include "bittensor/watch/event_file.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

std::string bytes_of(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

std::uint64_t number_at(const std::string& bytes, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data() + at, size);
  return number;
}

// The data of each record; checks that lengths and sums are right.
std::vector<std::string> records_of(const std::string& bytes) {
  const auto masked = [](std::uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; };
  std::vector<std::string> records;
  std::size_t at = 0;
  while (at + 16 <= bytes.size()) {
    const std::size_t length = number_at(bytes, at, 8);
    EXPECT_EQ(number_at(bytes, at + 8, 4), masked(crc32c(bytes.substr(at, 8))));
    records.push_back(bytes.substr(at + 12, length));
    EXPECT_EQ(number_at(bytes, at + 12 + length, 4), masked(crc32c(records.back())));
    at += length + 16;
  }
  EXPECT_EQ(at, bytes.size());
  return records;
}

TEST(Crc32c, OfTheStandardsExample) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}

TEST(EventFile, IsRecordsThatBeginWithTheVersion) {
  EventFile file(::testing::TempDir() + "/event_file_test", 1700000000.5);
  std::remove(file.path().c_str());
  EXPECT_THAT(file.path(), HasSubstr("/events.out.tfevents.1700000000500.event_file_test"));
  file.add_scalar("train/loss", 7, 1700000001, 0.5);
  file.add_histogram("router/weights", 7, 1700000001, {0.1, 0.2, 0.9});
  file.add_text("config", 0, 1700000001, "| epochs | 2 |");
  file.add_image("test/misread", 7, 1700000001, {2, 2, 1, {0, 255, 255, 0}});
  file.flush();
  const std::vector<std::string> records = records_of(bytes_of(file.path()));
  ASSERT_EQ(records.size(), 5);
  EXPECT_THAT(records[0], HasSubstr("brain.Event:2"));
  EXPECT_THAT(records[1], HasSubstr("train/loss"));
  EXPECT_THAT(records[3], HasSubstr("| epochs | 2 |"));
  EXPECT_THAT(records[4], HasSubstr("\x89PNG"));
}

TEST(EventFile, HasOfAPointWhatIsKnown) {
  EventFile file(::testing::TempDir() + "/event_file_accuracy", 1);
  std::remove(file.path().c_str());
  NeuronState::Point point;
  file.add_point(point);
  point.accuracy.local = 0.9;
  file.add_point(point);
  file.flush();
  EXPECT_EQ(records_of(bytes_of(file.path())).size(), 2);
}

TEST(EventFile, IsThereOnlyOnceItHoldsSomething) {
  EventFile file(::testing::TempDir() + "/event_file_empty", 1);
  std::remove(file.path().c_str());
  EXPECT_TRUE(file.flush());
  EXPECT_FALSE(std::ifstream(file.path()).is_open()) << "a neuron that cannot start leaves none";
  file.add_scalar("train/loss", 7, 1, 0.5);
  EXPECT_TRUE(file.flush());
  EXPECT_TRUE(std::ifstream(file.path()).is_open());
}

TEST(EventFile, SaysThatItCannotBeWritten) {
  EventFile file("/nonexistent/neuron", 1);
  file.add_scalar("train/loss", 7, 1, 0.5);
  EXPECT_FALSE(file.flush());
}

}  // namespace
}  // namespace bittensor
