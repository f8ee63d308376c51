// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <iostream>
#include <sstream>

namespace bittensor::internal {

// Collects the message of a failed check and ends the program with it.
class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const char* condition) {
    message_ << file << ":" << line << ": broken invariant: " << condition << " ";
  }
  [[noreturn]] ~CheckFailure() {
    std::cerr << message_.str() << std::endl;
    std::abort();
  }
  CheckFailure(const CheckFailure&) = delete;
  CheckFailure& operator=(const CheckFailure&) = delete;
  std::ostream& stream() { return message_; }

 private:
  std::ostringstream message_;
};

}  // namespace bittensor::internal

// Ends the program if an invariant of ours is broken. Never for what a peer, a
// file or a user can cause: those are absl::Status.
#define BITTENSOR_CHECK(condition) \
  if (condition) {                 \
  } else /* NOLINT */              \
    ::bittensor::internal::CheckFailure(__FILE__, __LINE__, #condition).stream()
