// SPDX-License-Identifier: MIT
#pragma once

namespace bittensor {

// Makes the process keep the memory of large messages between calls. To be
// called once, at program start, before threads are started.
void tune_allocator();

// Gives back what was kept and is free now: once in a while, or what a busy minute took stays.
// Takes some milliseconds, and as many again until the memory is taken anew. Thread-safe.
void trim_allocator();

}  // namespace bittensor
