// SPDX-License-Identifier: MIT
//
// What each file of bindings adds to the module _core. Those of records come first: others'
// functions name them.
#pragma once

#include "torch/extension.h"

namespace bittensor::python {

void bind_options(py::module_& module);
void bind_records(py::module_& module);
void bind_node(py::module_& module);
void bind_router(py::module_& module);
void bind_conversation(py::module_& module);
void bind_optimizer(py::module_& module);
void bind_toolbox(py::module_& module);

}  // namespace bittensor::python
