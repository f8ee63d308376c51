// SPDX-License-Identifier: MIT
#pragma once

namespace bittensor {

// Makes the process keep the memory of large messages between calls. To be
// called once, at program start, before threads are started.
void tune_allocator();

// Gives memory that was kept and is free now back to the system. To be called once in a while, or
// what a busy minute took is never returned. Costs some milliseconds, and as many again when the
// memory is needed next. Thread-safe.
void trim_allocator();

}  // namespace bittensor
