// SPDX-License-Identifier: MIT
#pragma once

namespace bittensor::internal {

// Before any other call of libsodium; ends the program if libsodium cannot start. Thread-safe.
void ensure_sodium();

}  // namespace bittensor::internal
