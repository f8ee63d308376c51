// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/scale.h"

#include <limits>
#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/base/hex.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

std::string compact(absl::uint128 value) {
  ScaleWriter writer;
  writer.compact(value);
  return absl::BytesToHexString(writer.bytes());
}

// The examples of Substrate's description of the codec.
TEST(Scale, CompactNumbersTakeAsFewBytesAsTheyNeed) {
  EXPECT_EQ(compact(0), "00");
  EXPECT_EQ(compact(1), "04");
  EXPECT_EQ(compact(63), "fc");
  EXPECT_EQ(compact(64), "0101");
  EXPECT_EQ(compact(69), "1501");
  EXPECT_EQ(compact(16383), "fdff");
  EXPECT_EQ(compact(16384), "02000100");
  EXPECT_EQ(compact(65535), "feff0300");
  EXPECT_EQ(compact((1u << 30) - 1), "feffffff");
  EXPECT_EQ(compact(1u << 30), "0300000040");
  EXPECT_EQ(compact(100000000000000), "0b00407a10f35a");
  EXPECT_EQ(compact(std::numeric_limits<std::uint64_t>::max()), "13ffffffffffffffff");
}

TEST(Scale, ReadsBackEveryCompactNumber) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 10000; ++i) {
    const absl::uint128 value = absl::MakeUint128(random(), random()) >> (random() % 128);
    ScaleWriter writer;
    writer.compact(value);
    ScaleReader reader(writer.bytes());
    EXPECT_EQ(reader.compact(), value);
    EXPECT_TRUE(reader.finish().ok());
  }
}

TEST(Scale, RefusesACompactNumberThatIsLongerThanNeeded) {
  for (const char* hex : {"0100", "02000000", "0300000000", "070000000000"}) {
    const std::string bytes = *hex_to_bytes(hex);
    ScaleReader reader(bytes);
    EXPECT_EQ(reader.compact(), 0) << hex;
    EXPECT_FALSE(reader.ok()) << hex;
  }
}

TEST(Scale, FixedNumbersAreLittleEndian) {
  ScaleWriter writer;
  writer.u8(1);
  writer.u16(0x0203);
  writer.u32(0x04050607);
  writer.u128(absl::MakeUint128(1, 2));
  writer.boolean(true);
  EXPECT_EQ(absl::BytesToHexString(writer.bytes()),
            "01030207060504"
            "02000000000000000100000000000000"
            "01");
  ScaleReader reader(writer.bytes());
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607u);
  EXPECT_EQ(reader.u128(), absl::MakeUint128(1, 2));
  EXPECT_TRUE(reader.boolean());
  EXPECT_TRUE(reader.finish().ok());
}

TEST(Scale, AfterAnErrorEverythingIsZeroAndTheFirstIsTold) {
  ScaleReader reader(absl::string_view("\x05\x02\x01", 3));
  EXPECT_EQ(reader.u8(), 5);
  EXPECT_FALSE(reader.boolean());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_EQ(reader.u64(), 0u);
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(reader.status().message(), HasSubstr("truth value is neither 0 nor 1 at byte 2"));
}

TEST(Scale, AListIsNeverLongerThanItsBytes) {
  const std::string bytes = *hex_to_bytes(
      "feffffff"
      "00000000");  // 2^30 - 1 elements
  ScaleReader reader(bytes);
  EXPECT_EQ(reader.length(1), 0u);
  EXPECT_FALSE(reader.ok());
}

TEST(Scale, BytesLeftOverAreAnError) {
  ScaleReader reader("ab");
  reader.u8();
  EXPECT_FALSE(reader.finish().ok());
}

}  // namespace
}  // namespace bittensor
