// SPDX-License-Identifier: MIT
//
// The network against the same one in PyTorch: tests/golden/dpn.
#include <fstream>
#include <iterator>
#include <map>

#include "gtest/gtest.h"
#include "synapses/dpn/dual_path_network.h"
#include "torch/serialize.h"
#include "torch/types.h"

#include "bittensor/toolbox/state.h"

namespace bittensor {
namespace {

StateDict golden() {
  std::ifstream file("tests/golden/dpn/network.pt", std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  StateDict tensors;
  for (const auto& entry : torch::pickle_load(bytes).toGenericDict()) {
    tensors[entry.key().toStringRef()] = entry.value().toTensor();
  }
  return tensors;
}

// Those whose names begin with `prefix`, without it.
StateDict part(const StateDict& all, const std::string& prefix) {
  StateDict found;
  for (const auto& [name, value] : all) {
    if (name.rfind(prefix, 0) == 0) found[name.substr(prefix.size())] = value;
  }
  return found;
}

// That of make_dpn.py.
DpnLayout layout() {
  DpnLayout layout;
  layout.stem = {/*channels=*/6, /*kernel=*/5, /*stride=*/2, /*pool=*/true};
  layout.groups = 2;
  layout.stages = {{2, 4, 8, 2, 1}, {2, 8, 12, 3, 2}};
  layout.outputs = 5;
  return layout;
}

void expect_close(const torch::Tensor& ours, const torch::Tensor& theirs, const std::string& what) {
  ASSERT_EQ(ours.sizes(), theirs.sizes()) << what;
  const double scale = std::max(1.0, theirs.abs().max().item<double>());
  EXPECT_LT((ours - theirs).abs().max().item<double>(), 1e-4 * scale) << what;
}

class DpnGolden : public ::testing::Test {
 protected:
  DpnGolden() : golden_(golden()), network_(layout()) {
    const auto loaded = load_state_dict(network_, part(golden_, "before."));
    EXPECT_TRUE(loaded.ok()) << loaded;
  }

  void expect_the_same(const std::string& mode) {
    network_.train(mode == "train");
    network_.zero_grad();
    const auto images = golden_["images"].clone().requires_grad_();
    const auto output = network_.forward(images);
    output.backward(golden_["output_gradient"]);
    expect_close(output, golden_[mode + ".output"], mode);
    expect_close(images.grad(), golden_[mode + ".image_gradient"], mode);
    for (const auto& parameter : network_.named_parameters()) {
      expect_close(parameter.value().grad(), golden_[mode + ".gradient." + parameter.key()],
                   mode + " " + parameter.key());
    }
  }

  StateDict golden_;
  DualPathNetwork network_;
};

TEST_F(DpnGolden, TrainingAndThenEvaluationAreThoseOfPyTorch) {
  expect_the_same("train");
  const StateDict after = part(golden_, "after.");
  for (const auto& buffer : network_.named_buffers()) {
    expect_close(buffer.value(), after.at(buffer.key()), buffer.key());
  }
  EXPECT_EQ(network_.named_buffers().size(), after.size());
  expect_the_same("eval");
}

}  // namespace
}  // namespace bittensor
