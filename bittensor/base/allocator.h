// SPDX-License-Identifier: MIT
#pragma once

namespace bittensor {

// Makes the process keep the memory of large messages between calls. To be
// called once, at program start, before threads are started.
void tune_allocator();

}  // namespace bittensor
