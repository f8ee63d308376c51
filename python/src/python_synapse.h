// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "python/src/gil.h"

#include "bittensor/synapse/synapse.h"

namespace bittensor::python {

// A torch.nn.Module of Python as a synapse. Its parameters and buffers are this module's too, by
// the same names, and the very same tensors: a gradient that comes here is an optimizer's there.
//
// Not thread-safe. Needs no GIL except where it says so: it takes it for as long as Python runs.
class PythonSynapse final : public Synapse {
 public:
  // `forward(module, inputs)` answers a batch, a tensor or a list of str; `predict(module,
  // outputs)`, or None, gives the logits of the schema's task. Both are given the module, since
  // it is a copy that answers. Needs the GIL.
  PythonSynapse(py::object module, py::object forward, py::object predict, Schema schema);
  ~PythonSynapse() override;

  Schema schema() const override { return schema_; }
  // By copy.deepcopy().
  std::shared_ptr<Synapse> fresh() const override;

  torch::Tensor forward_text(const std::vector<std::string>& inputs) override;
  torch::Tensor forward_image(const torch::Tensor& inputs) override;
  torch::Tensor forward_tensor(const torch::Tensor& inputs) override;
  torch::Tensor predict(const torch::Tensor& outputs) override;

  // A copy goes into evaluation mode; the mode of the module in training is its owner's.
  void train(bool on = true) override;

 private:
  template <typename Argument>
  torch::Tensor call(const py::object& function, const Argument& argument) const;
  torch::nn::Module& module_at(const std::vector<std::string>& path);
  void adopt_tensors();

  // Held without a Python object's own counting: the last copy may go where no GIL is held.
  struct Python {
    py::object module;
    py::object forward;
    py::object predict;
  };
  std::unique_ptr<Python> python_;
  const Schema schema_;
  bool is_copy_ = false;
};

}  // namespace bittensor::python
