// SPDX-License-Identifier: MIT
#include "synapses/bert/first_parameters.h"

#include <cmath>
#include <string>

#include "torch/nn/init.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

constexpr double kPi = 3.14159265358979323846;

// The score of the neighbour that a head looks at; of others it is about 0. exp(6) is some hundred
// times the weight of a single other token: of a text of 64 tokens, most of the attention.
constexpr double kScore = 6;

// [n], from 0 to pi.
torch::Tensor frequencies(std::int64_t n) {
  return (torch::arange(n, torch::kFloat) + 0.5) * (kPi / static_cast<double>(n));
}

// Turns sines and cosines of position i, in turns, into those of i + k: [2 n, 2 n].
torch::Tensor rotation(const torch::Tensor& frequencies, std::int64_t k) {
  const std::int64_t n = frequencies.size(0);
  const torch::Tensor sine = (frequencies * k).sin();
  const torch::Tensor cosine = (frequencies * k).cos();
  torch::Tensor turn = torch::zeros({n, 2, n, 2});
  const torch::Tensor each = torch::arange(n);
  turn.index_put_({each, 0, each, 0}, cosine);  // sin(i + k) = sin i cos k + cos i sin k
  turn.index_put_({each, 0, each, 1}, sine);
  turn.index_put_({each, 1, each, 1}, cosine);  // cos(i + k) = cos i cos k - sin i sin k
  turn.index_put_({each, 1, each, 0}, -sine);
  return turn.view({2 * n, 2 * n});
}

}  // namespace

void expect_as_counted(BertForPreTraining& model, const torch::Tensor& counts) {
  const torch::NoGradGuard no_grad;
  auto parameters = model.named_parameters();
  const torch::Tensor smoothed = counts.to(torch::kFloat) + 1;
  parameters["cls.predictions.bias"].copy_((smoothed / smoothed.sum()).log());
}

void look_at_neighbours(BertForPreTraining& model, const BertConfig& config) {
  const torch::NoGradGuard no_grad;
  const std::int64_t size = config.hidden_size;
  const std::int64_t n = size / config.num_attention_heads / 2;  // frequencies
  const std::int64_t head = 2 * n;
  const double deviation = config.initializer_range;
  auto parameters = model.named_parameters();

  // As strong as a word, dimension by dimension: the mean square of a sine is one half.
  torch::Tensor& positions = parameters["bert.embeddings.position_embeddings.weight"];
  const torch::Tensor angles =
      torch::arange(positions.size(0), torch::kFloat).unsqueeze(1) * frequencies(n);
  positions.zero_();
  positions.narrow(1, 0, head)
      .copy_(torch::stack({angles.sin(), angles.cos()}, 2).flatten(1) *
             (deviation * std::sqrt(2.0)));

  // The norm divides by the deviation of word, type and position together.
  const double share = static_cast<double>(head) / static_cast<double>(size);
  const double amplitude = 2 / (2 + share);  // squared
  const double unscaled = amplitude * static_cast<double>(n) / std::sqrt(static_cast<double>(head));
  const double gain = std::sqrt(kScore / unscaled);

  const std::string attention = "bert.encoder.layer.0.attention.";
  torch::Tensor& query = parameters[attention + "self.query.weight"];
  torch::Tensor& key = parameters[attention + "self.key.weight"];
  const std::int64_t heads = config.num_attention_heads;
  query.zero_();
  key.zero_();
  for (std::int64_t h = 0; h < heads; ++h) {
    const std::int64_t neighbour = (h % 2 == 0 ? -1 : 1) * (h / 2 + 1);
    const auto first = h * (size / heads);
    query.narrow(0, first, head)
        .narrow(1, 0, head)
        .copy_(rotation(frequencies(n), neighbour) * gain);
    key.narrow(0, first, head).narrow(1, 0, head).copy_(torch::eye(head) * gain);
  }
  // What is found there must be seen: neither shrunk nor stretched.
  const double unit = 1 / std::sqrt(static_cast<double>(size));
  torch::nn::init::normal_(parameters[attention + "self.value.weight"], 0, unit);
  torch::nn::init::normal_(parameters[attention + "output.dense.weight"], 0, unit);
}

}  // namespace bittensor
