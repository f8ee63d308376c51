// SPDX-License-Identifier: MIT
#include <map>
#include <string>
#include <utility>

#include "pybind11/stl.h"
#include "python/src/bindings.h"
#include "python/src/gil.h"
#include "python/src/status.h"

#include "bittensor/toolbox/checkpoint.h"

namespace bittensor::python {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

}  // namespace

void bind_toolbox(py::module_& module) {
  py::class_<Checkpoint>(module, "Checkpoint")
      .def(py::init())
      .def_readwrite("kind", &Checkpoint::kind)
      .def_readwrite("config", &Checkpoint::config)
      .def_readwrite("epoch", &Checkpoint::epoch)
      .def_readwrite("step", &Checkpoint::step)
      .def_readwrite("best_test_loss", &Checkpoint::best_test_loss)
      .def_readwrite("synapse", &Checkpoint::synapse)
      .def_readwrite("router", &Checkpoint::router)
      .def_readwrite("neuron", &Checkpoint::neuron)
      .def_property(
          "optimizer_kind", [](const Checkpoint& saved) { return saved.optimizer.kind; },
          [](Checkpoint& saved, std::string kind) { saved.optimizer.kind = std::move(kind); })
      .def_property(
          "optimizer", [](const Checkpoint& saved) { return saved.optimizer.tensors; },
          [](Checkpoint& saved, Tensors tensors) { saved.optimizer.tensors = std::move(tensors); });
  module.def(
      "save_checkpoint",
      [](const std::string& path, const Checkpoint& checkpoint) {
        check(save_checkpoint(path, checkpoint));
      },
      NoGil());
  module.def(
      "load_checkpoint", [](const std::string& path) { return check(load_latest(path)); }, NoGil());
}

}  // namespace bittensor::python
