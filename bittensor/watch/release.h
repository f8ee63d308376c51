// SPDX-License-Identifier: MIT
#pragma once

namespace bittensor {

// The version of this program: "0.1.0".
const char* release();

}  // namespace bittensor
