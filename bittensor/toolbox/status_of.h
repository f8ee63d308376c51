// SPDX-License-Identifier: MIT
#pragma once

#include <exception>

#include "absl/status/status.h"
#include "c10/util/Exception.h"

namespace bittensor::internal {

// Runs `function`, which returns an absl::Status, and turns what libtorch throws into kInternal.
template <typename Function>
absl::Status status_of(Function&& function) {
  try {
    return function();
  } catch (const c10::Error& error) {
    return absl::InternalError(error.what_without_backtrace());
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

}  // namespace bittensor::internal
