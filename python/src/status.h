// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace bittensor::python {

// A Status on its way to Python, where it is a bittensor_cpp.StatusError.
class StatusError : public std::exception {
 public:
  explicit StatusError(absl::Status status) : status_(std::move(status)) {}
  const absl::Status& status() const { return status_; }

 private:
  const absl::Status status_;
};

inline void check(absl::Status status) {
  if (!status.ok()) throw StatusError(std::move(status));
}

template <typename T>
T check(absl::StatusOr<T> value) {
  check(value.status());
  return *std::move(value);
}

// Makes StatusError, and what libtorch throws, Python's. For pybind11's list of such functions.
void translate(std::exception_ptr thrown);

}  // namespace bittensor::python
