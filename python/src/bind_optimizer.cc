// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <vector>

#include "pybind11/stl.h"
#include "python/src/batch.h"
#include "python/src/bindings.h"
#include "python/src/gil.h"

#include "bittensor/neuron/sgd.h"

namespace bittensor::python {

void bind_optimizer(py::module_& module) {
  module.def("can_descend", [](const at::Tensor& parameter, std::optional<at::Tensor> velocity) {
    return can_descend(parameter, or_undefined(std::move(velocity)));
  });
  module.def(
      "descend",
      [](const std::vector<at::Tensor>& parameters, const std::vector<at::Tensor>& velocities,
         double rate, double momentum) {
        const std::size_t n = std::min(parameters.size(), velocities.size());
        for (std::size_t i = 0; i < n; ++i) descend(parameters[i], velocities[i], rate, momentum);
      },
      NoGil());
}

}  // namespace bittensor::python
