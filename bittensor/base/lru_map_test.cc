// SPDX-License-Identifier: MIT
#include "bittensor/base/lru_map.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace bittensor {
namespace {

std::vector<int> order_of(LruMap<int, std::string>& map) {
  std::vector<int> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  return keys;
}

TEST(LruMap, LongestUnusedComesFirst) {
  LruMap<int, std::string> map;
  for (const int key : {1, 2, 3}) map.add(key, std::to_string(key));
  EXPECT_EQ(*map.use(1), "1");
  EXPECT_EQ(*map.find(2), "2");  // only looked at
  EXPECT_EQ(order_of(map), (std::vector<int>{2, 3, 1}));
  EXPECT_EQ(map.use(4), nullptr);
  EXPECT_EQ(map.find(4), nullptr);
}

TEST(LruMap, EntriesGoByKeyOrByPlace) {
  LruMap<int, std::string> map;
  for (const int key : {1, 2, 3}) map.add(key, "");
  map.erase(2);
  map.erase(2);  // gone already
  map.erase(map.begin());
  EXPECT_EQ(order_of(map), (std::vector<int>{3}));
  EXPECT_EQ(map.size(), 1u);
  EXPECT_FALSE(map.contains(1));
}

TEST(LruMap, ValuesStayWhereTheyAre) {
  LruMap<int, std::unique_ptr<int>> map;
  std::unique_ptr<int>* const first = &map.add(0, std::make_unique<int>(7));
  for (int key = 1; key < 1000; ++key) map.add(key, nullptr);
  EXPECT_EQ(map.find(0), first);
  EXPECT_EQ(**first, 7);
}

TEST(LruMap, KeyThatIsThereIsNotAddedAgain) {
  LruMap<int, int> map;
  map.add(1, 1);
  EXPECT_DEATH(map.add(1, 2), "in the map");
}

}  // namespace
}  // namespace bittensor
