// SPDX-License-Identifier: MIT
//
// bittensor_cpp._core: the library's classes as Python sees them. What users see is written in
// Python (python/bittensor_cpp), over these.
#include "python/src/bindings.h"
#include "python/src/status.h"

namespace bittensor::python {

PYBIND11_MODULE(_core, module) {
  py::register_local_exception_translator(&translate);
  bind_options(module);
  bind_records(module);
  bind_node(module);
  bind_router(module);
  bind_conversation(module);
  bind_optimizer(module);
  bind_toolbox(module);
}

}  // namespace bittensor::python
