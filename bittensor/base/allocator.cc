// SPDX-License-Identifier: MIT
#include "bittensor/base/allocator.h"

#include <malloc.h>

namespace bittensor {

// By default glibc takes every block of more than 128 KiB from the kernel and
// gives it back when it is freed. A message of that size then touches fresh
// pages at each call, and the page faults cost more than the call itself: an
// echo of 200 KB runs two to three times faster when the blocks are kept. The
// price is that up to 512 MiB of freed memory stay with the process until they
// are trimmed. All threads share one arena, because the other threads' own
// arenas cannot hold a message of 64 MB.
void tune_allocator() {
#ifdef __GLIBC__
  constexpr int kMiB = 1024 * 1024;
  // glibc before 2.35 refuses thresholds above 32 MiB.
  if (mallopt(M_MMAP_THRESHOLD, 256 * kMiB) == 0) mallopt(M_MMAP_THRESHOLD, 32 * kMiB);
  mallopt(M_TRIM_THRESHOLD, 512 * kMiB);
  mallopt(M_ARENA_MAX, 1);
#endif
}

void trim_allocator() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace bittensor
