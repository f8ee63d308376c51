// SPDX-License-Identifier: MIT
//
// Who holds Python's lock. The library's own locks and threads never wait for somebody who holds
// it: each function that Python calls lets go of it (NoGil), and what calls Python takes it here.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "c10/util/Exception.h"
#include "torch/extension.h"

namespace bittensor::python {

// Makes Python raise what `error` holds when its main thread goes on: for what is thrown where no
// exception may pass, like Ctrl-C while a thread of the library waits. Needs the GIL.
void raise_later(py::error_already_set& error);

// "ValueError: no such digit", without the places in files: it goes to strangers.
std::string short_message(const py::error_already_set& error);

// Calls `call` with the GIL. What Python raises becomes an exception that needs no GIL:
// c10::NotImplementedError for a NotImplementedError, std::runtime_error for the rest.
template <typename Call>
auto with_gil(const Call& call) -> decltype(call()) {
  const py::gil_scoped_acquire gil;
  std::string message;
  bool not_implemented = false;
  try {
    return call();
  } catch (py::error_already_set& error) {
    message = short_message(error);
    not_implemented = error.matches(PyExc_NotImplementedError);
    if (!error.matches(PyExc_Exception)) raise_later(error);
  } catch (const py::cast_error&) {
    message = "answers no tensor";
  }
  TORCH_CHECK_NOT_IMPLEMENTED(!not_implemented, message);
  throw std::runtime_error(message);
}

// Asks Python whether a signal came (Ctrl-C). True once one raised an exception, which the main
// thread then sees. False in all other threads.
bool signalled();

using NoGil = py::call_guard<py::gil_scoped_release>;

// Deletes without the GIL, since what is deleted may wait for threads that want it.
template <typename T>
struct DeleteWithoutGil {
  void operator()(T* object) const {
    if (PyGILState_Check() != 0) {
      const py::gil_scoped_release no_gil;
      delete object;
    } else {
      delete object;
    }
  }
};

}  // namespace bittensor::python
