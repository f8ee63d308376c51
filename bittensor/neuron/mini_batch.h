// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bittensor/axon/lessons.h"
#include "bittensor/synapse/inputs.h"
#include "bittensor/synapse/network_view.h"
#include "bittensor/synapse/synapse_output.h"

namespace bittensor {

// A sum over `count` samples of a test set.
struct TestSum {
  double sum = 0;
  std::int64_t count = 0;

  void add(double more, std::int64_t samples) {
    sum += more;
    count += samples;
  }
  double mean() const { return sum / static_cast<double>(count); }  // NaN of nothing
};
// By what is measured: "loss", "accuracy" and what else there is to say.
using TestSums = std::map<std::string, TestSum>;

// One mini-batch, and what the model in training makes of it: the part of a training step that
// differs from one kind of model to another. Not thread-safe.
class MiniBatch {
 public:
  MiniBatch() = default;
  virtual ~MiniBatch() = default;
  MiniBatch(const MiniBatch&) = delete;
  MiniBatch& operator=(const MiniBatch&) = delete;

  virtual std::int64_t size() const = 0;     // samples
  virtual const Inputs& inputs() const = 0;  // what others are asked: `size` rows
  // Of text, how many positions answers are brought to (Router::join); 0 of all else.
  virtual std::int64_t answer_length() const { return 0; }
  // The classes of the synapse's task, int64 [size], negative where unknown; undefined without one.
  virtual at::Tensor labels() const { return {}; }

  // What the router looks at, [size, network_dim]: computes the encoder.
  virtual at::Tensor context() = 0;
  // The local path, from what context() computed last.
  virtual SynapseOutput forward_local() = 0;
  // The whole step, from what forward_local() computed last.
  virtual SynapseOutput forward_network(const NetworkView& network) = 0;

  // What a peer may learn from when it is asked about `rows` (int64 [n]): a lesson without its
  // sender. Without labels and texts: nothing.
  virtual Lesson lesson(const at::Tensor& rows) const;
  // The loss of the local path on what others teach, a scalar; undefined if the model cannot learn
  // from lessons of this form. Strangers wrote them: nothing of a form that fits may throw.
  virtual at::Tensor lesson_loss(const std::vector<Lesson>& lessons);

  // The classes that the local path, or the network path, said last, int64 [size]; undefined
  // without classes.
  virtual at::Tensor predicted(bool network) const;

  // Adds how good the local path was, or the network: the local path, too, where
  // forward_network() was not called since nobody answered.
  virtual void score(bool network, TestSums& sums) const = 0;
};

using MakeMiniBatch = std::function<std::unique_ptr<MiniBatch>(std::int64_t step)>;

inline Lesson MiniBatch::lesson(const at::Tensor&) const {
  return {};
}
inline at::Tensor MiniBatch::predicted(bool) const {
  return {};
}
inline at::Tensor MiniBatch::lesson_loss(const std::vector<Lesson>&) {
  return {};
}

}  // namespace bittensor
