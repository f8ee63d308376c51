// SPDX-License-Identifier: MIT
#pragma once

namespace bittensor {

// Lets the process open as many files and sockets as the system allows it: the
// usual soft limit of 1,024 is soon reached by strangers' connections. To be
// called once, at program start.
void raise_file_limit();

}  // namespace bittensor
