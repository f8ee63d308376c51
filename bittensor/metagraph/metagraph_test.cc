// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/metagraph.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "ATen/ATen.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/metagraph/testing/world.h"

namespace bittensor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Options = Metagraph::Options;

Options with_bootstrap(const std::string& address) {
  Options options;
  options.bootstrap = {address};
  return options;
}

// A new folder, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = ::testing::TempDir() + "metagraph_XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

TEST(Metagraph, TwoFindEachOtherWithinASecond) {
  World world;
  world.add(0);
  world.add(1, with_bootstrap(world.at(0).address()));
  EXPECT_TRUE(world.run_until(seconds(1), [&] { return world.all_know(1); }));

  const auto synapses = world.at(0).get_synapses(10);
  ASSERT_EQ(synapses.size(), 1u);
  EXPECT_EQ(synapses[0].key, world.wallet(1).key());
  EXPECT_EQ(synapses[0].axon_address, "127.0.0.1:1001");
  EXPECT_EQ(to_string(synapses[0].schema), to_string(World::schema()));
}

TEST(Metagraph, TenFindEachOtherThroughOneBootstrapWithinTwoSeconds) {
  World world;
  world.add(0);
  for (int i = 1; i < 10; ++i) world.add(i, with_bootstrap(world.at(0).address()));
  EXPECT_TRUE(world.run_until(seconds(2), [&] { return world.all_know(9); }));
}

TEST(Metagraph, FiftyKnowEachOtherWithinTwoSeconds) {
  World world;
  world.add(0);
  for (int i = 1; i < 50; ++i) world.add(i, with_bootstrap(world.at(0).address()));
  EXPECT_TRUE(world.run_until(seconds(2), [&] { return world.all_know(49); }));
}

TEST(Metagraph, WhoStaysIsKnownForLongerThanOneTtl) {
  World world;
  world.add(0);
  for (int i = 1; i < 5; ++i) world.add(i, with_bootstrap(world.at(0).address()));
  world.run(seconds(5));
  for (int i = 0; i < 100; ++i) {
    world.run(seconds(1));
    ASSERT_TRUE(world.all_know(4)) << "second " << i;
  }
}

TEST(Metagraph, AKilledNeuronIsForgottenAfterItsTtl) {
  World world;
  world.add(0);
  for (int i = 1; i < 5; ++i) world.add(i, with_bootstrap(world.at(0).address()));
  world.run(seconds(5));
  world.kill(3);
  world.run(seconds(9));
  EXPECT_TRUE(world.all_know(4));
  EXPECT_TRUE(world.run_until(seconds(8), [&] { return world.all_know(3); }));
  world.run(seconds(60));
  EXPECT_TRUE(world.all_know(3));
}

TEST(Metagraph, ALeavingNeuronIsForgottenAtOnceAndDoesNotComeBack) {
  World world;
  world.add(0);
  for (int i = 1; i < 8; ++i) world.add(i, with_bootstrap(world.at(0).address()));
  world.run(seconds(5));
  world.at(7).stop();
  world.at(7).stop();
  const auto others_know = [&](std::size_t count) {
    for (int i = 0; i < 7; ++i) {
      if (world.at(i).size() != count) return false;
    }
    return true;
  };
  EXPECT_TRUE(world.run_until(seconds(3), [&] { return others_know(6); }));
  for (int i = 0; i < 60; ++i) {
    world.run(milliseconds(500));
    ASSERT_TRUE(others_know(6));
  }
}

TEST(Metagraph, WhoComesBackReplacesItsRecord) {
  World world;
  world.add(0);
  world.add(1, with_bootstrap(world.at(0).address()));
  world.run(seconds(2));
  world.kill(1);
  world.run(seconds(1));
  world.add(1, with_bootstrap(world.at(0).address())).subscribe(World::schema(), 77);
  EXPECT_TRUE(world.run_until(seconds(5), [&] {  // until it is proven there
    const auto synapses = world.at(0).get_synapses(2);
    return synapses.size() == 1 && synapses[0].axon_address == "127.0.0.1:77";
  }));
}

TEST(Metagraph, AChangedAddressReachesTheOthers) {
  World world;
  world.add(0);
  world.add(1, with_bootstrap(world.at(0).address()));
  world.run(seconds(2));
  world.at(1).subscribe(World::schema(), 77);
  EXPECT_TRUE(world.run_until(seconds(2), [&] {
    return world.at(0).get_synapses(1).at(0).axon_address == "127.0.0.1:77";
  }));
}

TEST(Metagraph, HalvesThatWereCutJoinAgain) {
  World world;
  world.add(0);
  std::set<std::string> left{world.at(0).address()};
  for (int i = 1; i < 10; ++i) {
    world.add(i, with_bootstrap(world.at(0).address()));
    if (i < 5) left.insert(world.at(i).address());
  }
  world.run(seconds(5));
  ASSERT_TRUE(world.all_know(9));
  world.set_cut([&](const std::string& from, const std::string& to) {
    return left.count(from) != left.count(to);
  });
  world.run(seconds(60));
  ASSERT_TRUE(world.all_know(4));
  world.set_cut(nullptr);
  EXPECT_TRUE(world.run_until(seconds(60), [&] { return world.all_know(9); }));
}

TEST(Metagraph, ABootstrapThatIsNotThereYetIsTriedAgain) {
  World world;
  Options late;
  late.listen_address = "127.0.0.1:7000";
  world.add(1, with_bootstrap(late.listen_address));
  world.run(std::chrono::minutes(10));
  EXPECT_EQ(world.at(1).size(), 0u);
  world.add(0, late);
  EXPECT_TRUE(world.run_until(seconds(2), [&] { return world.all_know(1); }));
}

TEST(Metagraph, ItIsNotItsOwnPeer) {
  World world;
  Options options;
  options.listen_address = "127.0.0.1:7000";
  options.bootstrap = {"127.0.0.1:7000", "localhost:7000"};
  world.add(0, options);
  world.run(seconds(20));
  EXPECT_EQ(world.at(0).size(), 0u);
}

TEST(Metagraph, WhoIsAloneAsksItself) {
  World world;
  world.add(0);
  const auto synapses = world.at(0).get_synapses(3);
  ASSERT_EQ(synapses.size(), 1u);
  EXPECT_EQ(synapses[0].key, world.wallet(0).key());
  EXPECT_EQ(synapses[0].axon_address, "127.0.0.1:1000");
  EXPECT_TRUE(world.at(0).get_synapses(0).empty());
}

TEST(Metagraph, WhoServesNothingLearnsAndIsNotListed) {
  World world;
  world.add(0);
  world.add(1, with_bootstrap(world.at(0).address()), /*serves=*/false);
  world.run(seconds(2));
  EXPECT_EQ(world.at(0).size(), 0u);
  EXPECT_EQ(world.at(1).size(), 1u);
}

TEST(Metagraph, SynapsesThatCountMostComeFirst) {
  World world;
  world.add(0);
  for (int i = 1; i < 5; ++i) world.add(i, with_bootstrap(world.at(0).address()));
  ASSERT_TRUE(world.run_until(seconds(2), [&] { return world.all_know(4); }));

  const auto before = world.at(0).get_synapses(10);
  ASSERT_EQ(before.size(), 4u);
  world.at(0).set_weights({before[2], before[3]}, at::tensor({0.25, 0.5}));
  const auto after = world.at(0).get_synapses(3);
  ASSERT_EQ(after.size(), 3u);
  EXPECT_EQ(after[0].key, before[3].key);
  EXPECT_EQ(after[1].key, before[2].key);
  EXPECT_EQ(after[2].key, before[0].key);
  EXPECT_TRUE(at::equal(world.at(0).get_weights(after), at::tensor({0.5f, 0.25f, 0.0f})));
}

TEST(Metagraph, WeightsAreReadBackAsAMatrix) {
  World world;
  world.add(0);
  for (int i = 1; i < 4; ++i) world.add(i, with_bootstrap(world.at(0).address()));
  ASSERT_TRUE(world.run_until(seconds(3), [&] { return world.at(1).proven() == 3; }));
  const auto seen_by_1 = world.at(1).get_synapses(3);
  world.at(1).set_weights(seen_by_1, at::tensor({0.5, 0.25, 0.125}));
  world.run(seconds(10));

  const WeightMatrix matrix = world.at(2).weight_matrix();
  ASSERT_EQ(matrix.keys.size(), 4u);
  ASSERT_EQ(matrix.weights.sizes(), at::IntArrayRef({4, 4}));
  const auto index = [&](const PublicKey& key) {
    return std::find(matrix.keys.begin(), matrix.keys.end(), key) - matrix.keys.begin();
  };
  const auto row = matrix.weights[index(world.wallet(1).key())];
  EXPECT_EQ(row[index(seen_by_1[0].key)].item<float>(), 0.5f);
  EXPECT_EQ(row[index(seen_by_1[1].key)].item<float>(), 0.25f);
  EXPECT_EQ(row[index(seen_by_1[2].key)].item<float>(), 0.125f);
  EXPECT_EQ(matrix.weights.sum().item<float>(), 0.875f);
}

TEST(Metagraph, ARestartFindsItsPeersByTheCacheAlone) {
  const Folder folder;
  World world;
  world.add(0);
  Options options = with_bootstrap(world.at(0).address());
  options.cache_file = folder.file("state/peers");
  world.add(1, options);
  world.run(seconds(2));
  world.at(1).stop();
  world.run(seconds(60));
  ASSERT_EQ(world.at(0).size(), 0u);

  options.bootstrap.clear();
  world.add(1, options);
  EXPECT_TRUE(world.run_until(seconds(2), [&] { return world.all_know(1); }));
}

TEST(Metagraph, ADamagedCacheIsIgnored) {
  const Folder folder;
  Options options;
  options.cache_file = folder.file("peers");
  std::ofstream(options.cache_file) << "127.0.0.1:1\n\x01\x02 not an address\n";
  World world;
  world.add(0, options);
  world.add(1, with_bootstrap(world.at(0).address()));
  EXPECT_TRUE(world.run_until(seconds(1), [&] { return world.all_know(1); }));
}

TEST(Metagraph, NeuronsWhoseClocksDifferKnowEachOtherAllTheTime) {
  World world;
  world.set_clock(1, seconds(14));
  world.set_clock(2, seconds(-14));
  world.add(0);
  for (int i = 1; i < 3; ++i) world.add(i, with_bootstrap(world.at(0).address()));
  ASSERT_TRUE(world.run_until(seconds(5), [&] { return world.all_know(2); }));
  for (int i = 0; i < 60; ++i) {
    world.run(seconds(1));
    ASSERT_TRUE(world.all_know(2)) << "second " << i;
  }
  world.kill(2);
  world.run(seconds(17));
  EXPECT_EQ(world.at(0).size(), 1u);
}

TEST(Metagraph, AClockThatJumpsAnHourAndBackIsSurvived) {
  for (const auto jump : {std::chrono::hours(1), std::chrono::hours(-1)}) {
    World world;
    world.add(0);
    for (int i = 1; i < 4; ++i) world.add(i, with_bootstrap(world.at(0).address()));
    world.run(seconds(5));
    world.set_clock(1, jump);
    world.run(seconds(60));
    world.set_clock(1, Duration::zero());
    EXPECT_TRUE(world.run_until(seconds(120), [&] { return world.all_know(3); }));
  }
}

TEST(Metagraph, OnlyWhoWasMetIsAsked) {
  World world;
  world.add(0);
  for (int i = 1; i < 4; ++i) world.add(i, with_bootstrap(world.at(0).address()));
  const auto all_proven = [&] {
    for (int i = 0; i < 4; ++i) {
      if (world.at(i).proven() != 3) return false;
    }
    return true;
  };
  EXPECT_TRUE(world.run_until(seconds(3), all_proven));
}

TEST(Metagraph, RecordsWithoutWorkAreRefused) {
  World world;
  Options strict;
  strict.difficulty = 8;
  world.add(0, strict);
  world.add(1, with_bootstrap(world.at(0).address()));
  Options working = with_bootstrap(world.at(0).address());
  working.difficulty = 8;
  world.add(2, working);
  world.run(seconds(5));
  EXPECT_EQ(world.at(0).size(), 1u);
  EXPECT_EQ(world.at(1).size(), 2u);  // It asks for none itself.
  EXPECT_GT(world.at(0).stats().refused, 0u);
}

TEST(Metagraph, StartSaysWhatIsWrong) {
  World world;
  const Wallet wallet = world.make_wallet(9);
  const auto transport = world.make_transport();
  const auto start = [&](Options options) {
    Metagraph metagraph(std::move(options), *transport, wallet, world.executor());
    return metagraph.start().code();
  };
  Options options;
  options.listen_address = world.add(0).address();
  EXPECT_EQ(start(options), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(start(with_bootstrap("nowhere")), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(start(with_bootstrap("host:0")), absl::StatusCode::kInvalidArgument);
  options = {};
  options.remote_ip = "http://x";
  EXPECT_EQ(start(options), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace bittensor
