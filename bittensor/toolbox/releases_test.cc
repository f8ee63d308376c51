// SPDX-License-Identifier: MIT
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "torch/nn/modules/batchnorm.h"
#include "torch/nn/modules/container/sequential.h"
#include "torch/nn/modules/linear.h"
#include "torch/optim/adam.h"
#include "torch/optim/adamw.h"
#include "torch/optim/optimizer.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"
#include "torch/version.h"

#include "bittensor/toolbox/checkpoint.h"

namespace bittensor {
namespace {

constexpr char kFolder[] = "tests/golden/checkpoints";

// A model and its optimizer in the middle of training, the same with every release of libtorch.
struct Trained {
  explicit Trained(const std::string& of)
      : kind(of),
        net(torch::nn::Linear(3, 2), torch::nn::BatchNorm1d(2)),
        optimizer(make_optimizer(of, net->parameters())) {
    const torch::NoGradGuard no_grad;
    for (at::Tensor& parameter : net->parameters()) {
      parameter.copy_(torch::linspace(-1, 1, parameter.numel()).view_as(parameter));
    }
  }

  static std::unique_ptr<torch::optim::Optimizer> make_optimizer(
      const std::string& kind, const std::vector<at::Tensor>& parameters) {
    using namespace torch::optim;
    if (kind == "SGD") return std::make_unique<SGD>(parameters, SGDOptions(0.1).momentum(0.9));
    if (kind == "Adam") return std::make_unique<Adam>(parameters, AdamOptions(0.1).amsgrad(true));
    return std::make_unique<AdamW>(parameters, AdamWOptions(0.1));
  }

  void train(int steps) {
    const at::Tensor inputs = torch::arange(12, torch::kFloat).square().view({4, 3}) / 100;
    for (int i = 0; i < steps; ++i) {
      optimizer->zero_grad();
      (net->forward(inputs) * torch::arange(8).view({4, 2})).square().sum().backward();
      optimizer->step();
    }
  }

  Checkpoint checkpoint() const {
    Checkpoint checkpoint;
    checkpoint.kind = "golden";
    checkpoint.step = 3;
    checkpoint.best_test_loss = 0.5;
    checkpoint.config = {{"libtorch", TORCH_VERSION}};
    checkpoint.synapse = state_dict(*net);
    checkpoint.optimizer = optimizer_state(*optimizer).value();
    return checkpoint;
  }

  std::string kind;
  torch::nn::Sequential net;
  std::unique_ptr<torch::optim::Optimizer> optimizer;
};

void expect_close(const StateDict& ours, const StateDict& theirs) {
  ASSERT_EQ(ours.size(), theirs.size());
  for (const auto& [name, tensor] : ours) {
    ASSERT_EQ(theirs.count(name), 1u) << name;
    EXPECT_TRUE(tensor.allclose(theirs.at(name), 1e-4, 1e-6)) << name;
  }
}

// Of the optimizer and the release that each file is named by.
TEST(CheckpointOfAnotherRelease, GoesOnAsOneOfThisRelease) {
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(kFolder)) {
    if (file.path().extension() != ".pt") continue;
    SCOPED_TRACE(file.path());
    ++files;
    const std::string name = file.path().filename().string();
    const auto loaded = load_checkpoint(file.path().string());
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(loaded->step, 3);
    Trained here(name.substr(0, name.find('-')));
    here.train(3);
    expect_close(here.checkpoint().synapse, loaded->synapse);
    expect_close(here.checkpoint().optimizer.tensors, loaded->optimizer.tensors);

    Trained there(here.kind);
    ASSERT_EQ(restore(*loaded, "golden", *there.net, nullptr, there.optimizer.get()),
              absl::OkStatus());
    here.train(2);
    there.train(2);
    expect_close(here.checkpoint().synapse, there.checkpoint().synapse);
  }
  EXPECT_GE(files, 3) << "three optimizers of each release";
}

// Makes the files of this release: --gtest_also_run_disabled_tests
TEST(CheckpointOfAnotherRelease, DISABLED_IsWritten) {
  std::filesystem::create_directories(kFolder);
  for (const char* kind : {"SGD", "Adam", "AdamW"}) {
    Trained trained(kind);
    trained.train(3);
    const std::string path = absl::StrCat(kFolder, "/", kind, "-libtorch-", TORCH_VERSION_MAJOR,
                                          ".", TORCH_VERSION_MINOR, ".pt");
    ASSERT_EQ(save_checkpoint(path, trained.checkpoint()), absl::OkStatus());
  }
}

}  // namespace
}  // namespace bittensor
