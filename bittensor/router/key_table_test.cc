// SPDX-License-Identifier: MIT
#include "bittensor/router/key_table.h"

#include <sstream>

#include "gtest/gtest.h"
#include "torch/optim/sgd.h"
#include "torch/serialize.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/router/testing/some_synapses.h"

namespace bittensor {
namespace {

// Changes the keys that `synapses` have, as training would.
void train(KeyTable& table, const std::vector<SynapseRecord>& synapses) {
  torch::optim::SGD optimizer(table.parameters(), 0.5);
  table.forward(synapses).sum().backward();
  optimizer.step();
}

TEST(KeyTable, KeyBelongsToThePublicKeyWhateverTheOrder) {
  KeyTable table(8, 4);
  const std::vector<SynapseRecord> synapses = some_synapses(3);
  train(table, {synapses[1]});
  const at::Tensor keys = table.forward(synapses);
  EXPECT_TRUE(torch::equal(table.forward({synapses[2], synapses[0], synapses[2]}),
                           torch::stack({keys[2], keys[0], keys[2]})));
}

TEST(KeyTable, KeysBeginTheSameInEveryTable) {
  torch::manual_seed(1);
  const at::Tensor keys = KeyTable(8, 4).forward(some_synapses(3));
  torch::manual_seed(2);
  EXPECT_TRUE(torch::equal(KeyTable(5, 4).forward(some_synapses(2, 1)), keys.narrow(0, 1, 2)));
}

TEST(KeyTable, KeysBeginIndependentWithUnitVariance) {
  const at::Tensor keys = KeyTable(20, 5000).forward(some_synapses(20)).detach();
  const at::Tensor products = keys.matmul(keys.t()) / 5000;
  EXPECT_TRUE(torch::allclose(products, torch::eye(20), 0, /*atol=*/0.1)) << products;
  EXPECT_TRUE(torch::allclose(keys.mean(1), torch::zeros({20}), 0, /*atol=*/0.1));
}

TEST(KeyTable, LoadedTableKnowsWhoseKeysItHas) {
  const std::vector<SynapseRecord> synapses = some_synapses(3);
  KeyTable table(4, 2);
  train(table, synapses);
  std::stringstream file;
  torch::serialize::OutputArchive out;
  table.save(out);
  out.save_to(file);

  KeyTable loaded(4, 2);
  train(loaded, some_synapses(4, 50));  // others, whom loading is to forget
  torch::serialize::InputArchive in;
  in.load_from(file);
  loaded.load(in);
  const std::vector<SynapseRecord> reversed(synapses.rbegin(), synapses.rend());
  EXPECT_TRUE(torch::equal(loaded.forward(reversed), table.forward(reversed)));
}

TEST(KeyTable, LongestUnusedGivesWayAndBeginsAnew) {
  KeyTable table(3, 2);
  const std::vector<SynapseRecord> synapses = some_synapses(4);
  const at::Tensor first = table.forward({synapses[0], synapses[1], synapses[2]}).detach();
  train(table, {synapses[0], synapses[1], synapses[2]});
  table.forward({synapses[0], synapses[2]});
  table.forward({synapses[3]});  // takes the slot of synapses[1]
  EXPECT_TRUE(torch::equal(table.forward({synapses[0]}), first.narrow(0, 0, 1) - 0.5));
  EXPECT_TRUE(torch::equal(table.forward({synapses[2]}), first.narrow(0, 2, 1) - 0.5));
  EXPECT_TRUE(torch::equal(table.forward({synapses[1]}), first.narrow(0, 1, 1)));
}

TEST(KeyTable, ReassignedSlotsAreToldOnce) {
  KeyTable table(2, 2);
  table.forward(some_synapses(2));
  EXPECT_TRUE(torch::equal(table.take_reassigned(), torch::tensor({0, 1}, torch::kLong)));
  table.forward(some_synapses(2));
  EXPECT_EQ(table.take_reassigned().numel(), 0);
  table.forward(some_synapses(1, 2));
  EXPECT_TRUE(torch::equal(table.take_reassigned(), torch::tensor({0}, torch::kLong)));
}

TEST(KeyTable, NobodyOfOneCallDisplacesAnother) {
  KeyTable table(3, 2);
  const std::vector<SynapseRecord> synapses = some_synapses(5);
  table.forward({synapses[0], synapses[1], synapses[2]});
  // Number 0 holds the first slot, which is as old as any and would go to number 3.
  const std::vector<SynapseRecord> next = {synapses[3], synapses[4], synapses[0]};
  const at::Tensor keys = table.forward(next);
  EXPECT_TRUE(torch::equal(keys, KeyTable(3, 2).forward(next)));
  EXPECT_TRUE(torch::equal(table.forward(next), keys));
}

TEST(KeyTable, GradientGoesToTheKeysThatWereAskedFor) {
  KeyTable table(4, 2);
  table.forward(some_synapses(4));
  table.forward(some_synapses(1, 2)).sum().backward();
  const at::Tensor gradient = table.parameters().front().grad();
  EXPECT_TRUE(torch::equal(gradient.sum(1), torch::tensor({0.0F, 0.0F, 2.0F, 0.0F})));
}

TEST(KeyTable, NewcomersDoNotDisturbABackwardThatIsYetToCome) {
  KeyTable table(2, 2);
  const at::Tensor loss = table.forward(some_synapses(2)).square().sum();
  table.forward(some_synapses(2, 2));
  EXPECT_NO_THROW(loss.backward());
}

TEST(KeyTable, SurvivesACastOfTheModule) {
  KeyTable table(4, 2);
  const at::Tensor keys = table.forward(some_synapses(2));
  table.to(torch::kDouble);
  const at::Tensor doubles = table.forward(some_synapses(3));
  EXPECT_EQ(doubles.scalar_type(), torch::kDouble);
  EXPECT_TRUE(torch::equal(doubles.narrow(0, 0, 2), keys.to(torch::kDouble)));
}

TEST(KeyTable, MoreSynapsesThanSlotsThrow) {
  KeyTable table(2, 2);
  EXPECT_THROW(table.forward(some_synapses(3)), c10::Error);
  EXPECT_EQ(table.forward({}).sizes(), (std::vector<std::int64_t>{0, 2}));
}

}  // namespace
}  // namespace bittensor
