// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/fan_out_gradient.h"

#include "gtest/gtest.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

using torch::Tensor;

// Three peers that answer 2x, 3x, 4x.
Tensor answer(std::size_t call, const Tensor& input) {
  return input.detach() * static_cast<double>(call + 2);
}
std::vector<Tensor> gradients(const std::vector<GradientRequest>& requests) {
  std::vector<Tensor> all;
  for (const auto& r : requests) all.push_back(r.output_gradient * static_cast<double>(r.call + 2));
  return all;
}

TEST(FanOutGradient, IsTheSumOfThePeersGradients) {
  const Tensor x = torch::rand({4, 3}).requires_grad_();
  const std::vector<Tensor> inputs(3, x);
  std::vector<Tensor> outputs = {answer(0, x), answer(1, x), answer(2, x)};
  attach_fan_out_gradient(inputs, outputs, gradients);
  (outputs[0] + outputs[1] + outputs[2]).sum().backward();
  EXPECT_TRUE(torch::allclose(x.grad(), torch::full({4, 3}, 9.0)));
}

TEST(FanOutGradient, AllGradientsAreFetchedTogether) {
  const Tensor x = torch::rand({2}).requires_grad_();
  const std::vector<Tensor> inputs(3, x);
  std::vector<Tensor> outputs = {answer(0, x), answer(1, x), answer(2, x)};
  std::vector<std::size_t> fetched;
  attach_fan_out_gradient(inputs, outputs, [&](const auto& requests) {
    fetched.push_back(requests.size());
    return gradients(requests);
  });
  (outputs[0] + outputs[1] + outputs[2]).sum().backward();
  EXPECT_EQ(fetched, std::vector<std::size_t>{3});
}

TEST(FanOutGradient, OutputsThatTheLossDoesNotUseAreNotAskedFor) {
  const Tensor x = torch::rand({2}).requires_grad_();
  const std::vector<Tensor> inputs(2, x);
  std::vector<Tensor> outputs = {answer(0, x), answer(1, x)};
  std::vector<std::size_t> calls;
  attach_fan_out_gradient(inputs, outputs, [&](const auto& requests) {
    for (const auto& r : requests) calls.push_back(r.call);
    return gradients(requests);
  });
  outputs[1].sum().backward();
  EXPECT_EQ(calls, std::vector<std::size_t>{1});
}

TEST(FanOutGradient, FailedCallsAndFailedGradientsContributeNothing) {
  const Tensor x = torch::rand({2}).requires_grad_();
  const std::vector<Tensor> inputs(3, x);
  std::vector<Tensor> outputs = {answer(0, x), Tensor(), answer(2, x)};
  attach_fan_out_gradient(inputs, outputs, [&](const auto& requests) {
    auto all = gradients(requests);
    all.back() = Tensor();  // the third peer is gone by now
    return all;
  });
  (outputs[0] + outputs[2]).sum().backward();
  EXPECT_TRUE(torch::allclose(x.grad(), torch::full({2}, 2.0)));
}

TEST(FanOutGradient, GradientReachesWhatTheInputsWereMadeOf) {
  const Tensor w = torch::rand({3, 3}, torch::kFloat64).requires_grad_();
  const Tensor x = torch::rand({4, 3}, torch::kFloat64);
  std::vector<Tensor> inputs = {x.mm(w)};
  std::vector<Tensor> outputs = {answer(0, inputs[0])};
  attach_fan_out_gradient(inputs, outputs, gradients);
  outputs[0].pow(2).sum().backward();
  const Tensor v = w.detach().clone().requires_grad_();
  (2 * x.mm(v)).pow(2).sum().backward();
  EXPECT_TRUE(torch::allclose(w.grad(), v.grad()));
}

TEST(FanOutGradient, NothingIsAttachedWithoutNeed) {
  std::vector<Tensor> outputs = {torch::ones({1})};
  attach_fan_out_gradient({torch::ones({1})}, outputs, gradients);
  EXPECT_FALSE(outputs[0].requires_grad());

  const torch::NoGradGuard no_grad;
  attach_fan_out_gradient({torch::ones({1}).requires_grad_()}, outputs, gradients);
  EXPECT_FALSE(outputs[0].requires_grad());
}

}  // namespace
}  // namespace bittensor
