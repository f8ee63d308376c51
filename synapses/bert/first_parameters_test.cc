// SPDX-License-Identifier: MIT
#include "synapses/bert/first_parameters.h"

#include <cmath>

#include "gtest/gtest.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

BertConfig config() {
  BertConfig config;
  config.vocab_size = 500;
  config.hidden_size = 256;
  config.num_hidden_layers = 1;
  config.num_attention_heads = 4;
  config.intermediate_size = 32;
  config.max_position_embeddings = 64;
  config.initializer_range = 0.04;
  return config;
}

// How the first layer's heads look from each token at each: [heads, from, to].
torch::Tensor attention(BertForPreTraining& model, const torch::Tensor& ids) {
  auto parameters = model.named_parameters();
  const auto of = [&](const std::string& name) { return parameters["bert." + name]; };
  const std::int64_t length = ids.size(0);
  const torch::Tensor sum = of("embeddings.word_embeddings.weight").index_select(0, ids) +
                            of("embeddings.position_embeddings.weight").narrow(0, 0, length) +
                            of("embeddings.token_type_embeddings.weight")[0];
  const torch::Tensor x = torch::layer_norm(sum, {sum.size(1)});
  const auto heads = [&](const std::string& name) {
    const std::string prefix = "encoder.layer.0.attention.self." + name;
    return torch::linear(x, of(prefix + ".weight"), of(prefix + ".bias"))
        .view({length, config().num_attention_heads, -1})
        .transpose(0, 1);
  };
  const torch::Tensor query = heads("query");
  return (torch::matmul(query, heads("key").transpose(1, 2)) / std::sqrt(query.size(2))).softmax(2);
}

TEST(LookAtNeighbours, EachHeadOfTheFirstLayerLooksAtOneNeighbour) {
  BertForPreTraining model(config());
  look_at_neighbours(model, config());
  const torch::NoGradGuard no_grad;
  const torch::Tensor seen = attention(model, torch::randint(500, {64}));
  const std::int64_t neighbours[] = {-1, 1, -2, 2};
  for (std::int64_t head = 0; head < 4; ++head) {
    const double share = seen[head].diagonal(neighbours[head]).mean().item<double>();
    EXPECT_GT(share, 0.5) << "head " << head;  // of 64; what is left goes everywhere
  }
}

TEST(LookAtNeighbours, NothingIsFixed) {
  BertForPreTraining model(config());
  look_at_neighbours(model, config());
  const torch::Tensor ids = torch::randint(500, {2, 8});
  model.forward({ids, {}, {}}, ids, torch::zeros({2}, torch::kLong)).loss.backward();
  for (const auto& parameter : model.named_parameters()) {
    EXPECT_TRUE(parameter.value().grad().defined()) << parameter.key();
  }
}

}  // namespace
}  // namespace bittensor
