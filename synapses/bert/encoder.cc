// SPDX-License-Identifier: MIT
#include "synapses/bert/encoder.h"

#include <string>

#include "torch/types.h"

namespace bittensor {

std::int64_t BertCache::positions() const {
  return layers.empty() ? 0 : layers.front().keys.size(2);
}

BertEncoder::BertEncoder(const BertConfig& config) : heads_(config.num_attention_heads) {
  const auto folder = register_module("layer", std::make_shared<BertGroup>());
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    layers_.push_back(folder->add(std::to_string(i), std::make_shared<BertLayer>(config)));
  }
}

BertOutput BertEncoder::forward(torch::Tensor hidden, const torch::Tensor& mask,
                                const torch::Tensor& cross_mask, const BertExtras& extras) {
  const std::size_t count = layers_.size();
  const BertCache* past = extras.past;
  TORCH_CHECK(past == nullptr || past->layers.size() == count, "a cache of another model");
  BertAttending attending;
  BertAttending cross;
  attending.mask = mask;
  cross.mask = cross_mask;
  const std::int64_t before = past == nullptr ? 0 : past->positions();
  attending.positions = torch::arange(before, before + hidden.size(1),
                                      torch::TensorOptions(torch::kLong).device(hidden.device()))
                            .unsqueeze(0);
  torch::Tensor head_mask = extras.head_mask;
  if (head_mask.defined()) {
    head_mask =
        head_mask.to(hidden.scalar_type()).expand({static_cast<std::int64_t>(count), heads_});
  }
  // Keys of the encoder's states are remembered: they need not be computed again.
  const bool cross_is_known = past != nullptr && !past->cross_layers.empty();
  const torch::Tensor encoded = cross_is_known ? torch::Tensor() : extras.encoder_hidden;
  const bool has_cross = cross_is_known || encoded.defined();

  BertOutput output;
  for (std::size_t i = 0; i < count; ++i) {
    if (extras.keep_hidden_states) output.hidden_states.push_back(hidden);
    torch::Tensor asking = hidden;
    if (i + 1 == count && extras.asked.defined()) {
      asking = hidden.gather(1, extras.asked.unsqueeze(2).expand({-1, -1, hidden.size(2)}));
      attending.positions = extras.asked + before;
      if (mask.defined() && mask.size(2) > 1) {  // each position has a mask of its own
        attending.mask =
            mask.expand({hidden.size(0), -1, -1, -1})
                .gather(2,
                        extras.asked.unsqueeze(1).unsqueeze(3).expand({-1, 1, -1, mask.size(3)}));
      }
    }
    if (head_mask.defined())
      attending.head_mask = cross.head_mask = head_mask[static_cast<std::int64_t>(i)];
    if (past != nullptr) attending.past = &past->layers[i];
    if (cross_is_known) cross.past = &past->cross_layers[i];
    if (extras.keep_cache) {
      attending.keys = &output.cache.layers.emplace_back();
      if (has_cross) cross.keys = &output.cache.cross_layers.emplace_back();
    }
    if (extras.keep_attentions) {
      attending.probabilities = &output.attentions.emplace_back();
      if (has_cross) cross.probabilities = &output.cross_attentions.emplace_back();
    }
    hidden = layers_[i]->forward(asking, hidden, attending, encoded, cross);
  }
  if (extras.keep_hidden_states) output.hidden_states.push_back(hidden);
  output.hidden = hidden;
  return output;
}

}  // namespace bittensor
