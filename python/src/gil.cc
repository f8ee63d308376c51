// SPDX-License-Identifier: MIT
#include "python/src/gil.h"

#include <chrono>
#include <memory>

namespace bittensor::python {
namespace {

int raise(void* raised) {
  const std::unique_ptr<py::error_already_set> error(static_cast<py::error_already_set*>(raised));
  error->restore();
  return -1;
}

}  // namespace

void raise_later(py::error_already_set& error) {
  auto kept = std::make_unique<py::error_already_set>(error);
  if (Py_AddPendingCall(&raise, kept.get()) == 0) kept.release();
}

std::string short_message(const py::error_already_set& error) {
  try {
    return py::str("{}: {}").format(error.type().attr("__name__"), error.value());
  } catch (const py::error_already_set&) {  // It cannot even say what it is.
    return "an exception of Python";
  }
}

// Answers that come in wake whoever waits for them: Python is asked ten times a second at most.
bool signalled() {
  using Clock = std::chrono::steady_clock;
  thread_local Clock::time_point next;
  if (Clock::now() < next) return false;
  next = Clock::now() + std::chrono::milliseconds(90);
  const py::gil_scoped_acquire gil;
  if (PyErr_CheckSignals() == 0) return false;
  py::error_already_set error;
  raise_later(error);
  return true;
}

}  // namespace bittensor::python
