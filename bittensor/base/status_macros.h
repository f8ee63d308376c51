// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Leaves the enclosing function with the error, if there is one.
#define BITTENSOR_RETURN_IF_ERROR(expr) \
  BITTENSOR_RETURN_IF_ERROR_(BITTENSOR_CONCAT_(bittensor_status_, __LINE__), expr)
#define BITTENSOR_RETURN_IF_ERROR_(status, expr)                   \
  do {                                                             \
    if (absl::Status status = (expr); !status.ok()) return status; \
  } while (false)

// Declares or assigns `lhs` from a StatusOr, or leaves with its error:
//   BITTENSOR_ASSIGN_OR_RETURN(auto checkpoint, read_checkpoint(path));
#define BITTENSOR_ASSIGN_OR_RETURN(lhs, expr) \
  BITTENSOR_ASSIGN_OR_RETURN_(BITTENSOR_CONCAT_(bittensor_result_, __LINE__), lhs, expr)
#define BITTENSOR_ASSIGN_OR_RETURN_(result, lhs, expr) \
  auto result = (expr);                                \
  if (!result.ok()) return std::move(result).status(); \
  lhs = *std::move(result)
#define BITTENSOR_CONCAT_(a, b) BITTENSOR_CONCAT2_(a, b)
#define BITTENSOR_CONCAT2_(a, b) a##b
