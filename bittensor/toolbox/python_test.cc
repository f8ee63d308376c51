// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "torch/nn/modules/batchnorm.h"
#include "torch/nn/modules/container/sequential.h"
#include "torch/nn/modules/linear.h"

#include "bittensor/toolbox/checkpoint_fixture.h"

namespace bittensor {
namespace {

// Debian's python3-torch is a package of Debian's interpreter.
int python(const std::string& program) {
  return std::system(absl::StrCat("/usr/bin/python3 -c '", program, "'").c_str());
}

class CheckpointInPython : public CheckpointFixture {};

TEST_F(CheckpointInPython, IsReadByTorchLoad) {
  if (python("import torch") != 0) GTEST_SKIP() << "python3-torch is not installed";
  ASSERT_EQ(save_checkpoint(path_, example()), absl::OkStatus());
  EXPECT_EQ(python(absl::StrCat("path = \"", path_, "\"", R"(
import torch, zipfile
for weights_only in (False, True):
    saved = torch.load(path, weights_only=weights_only)
    assert saved["format"] == "bittensor-checkpoint-v1"
    assert saved["kind"] == "mnist"
    assert saved["config"] == {"batch": "64", "note": "größer"}
    assert saved["epoch"] == 3 and saved["step"] == 12345678901
    assert saved["best_test_loss"].item() == 0.25
    conv = saved["synapse"]["conv.weight"]
    assert conv.equal(torch.arange(24, dtype=torch.float32).view(2, 3, 4))
    assert saved["synapse"]["norm.count"].item() == 5
    assert saved["router"]["gate.weight"].equal(torch.ones(2, 2, dtype=torch.float64))
    assert saved["optimizer_kind"] == "Adam"
    assert saved["optimizer"]["0.step"].item() == 9
    assert saved["neuron"]["weights"].tolist() == [0.5, 0.25]
archive = zipfile.ZipFile(path)
assert archive.testzip() is None
assert archive.comment.startswith(b"bittensor-checkpoint-v1 ")
)")),
            0);
}

TEST_F(CheckpointInPython, LoadsIntoTheSameModule) {
  if (python("import torch") != 0) GTEST_SKIP() << "python3-torch is not installed";
  torch::nn::Sequential net(torch::nn::Linear(3, 4), torch::nn::BatchNorm1d(4));
  Checkpoint checkpoint;
  checkpoint.synapse = state_dict(*net);
  ASSERT_EQ(save_checkpoint(path_, checkpoint), absl::OkStatus());
  EXPECT_EQ(python(absl::StrCat("path = \"", path_, "\"", R"(
import torch
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
net.load_state_dict(torch.load(path)["synapse"])
assert torch.load(path)["best_test_loss"].item() == float("inf")
)")),
            0);
}

}  // namespace
}  // namespace bittensor
