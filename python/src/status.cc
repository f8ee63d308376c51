// SPDX-License-Identifier: MIT
#include "python/src/status.h"

#include <string>

#include "python/src/gil.h"

namespace bittensor::python {

void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const StatusError& error) {
    const py::object type = py::module_::import("bittensor_cpp.errors").attr("StatusError");
    const py::object raised = type(absl::StatusCodeToString(error.status().code()),
                                   std::string(error.status().message()));
    PyErr_SetObject(type.ptr(), raised.ptr());
  } catch (const c10::Error& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what_without_backtrace());
  }
}

}  // namespace bittensor::python
