// SPDX-License-Identifier: MIT
#include "bittensor/dashboard/page.h"

#include <cstddef>

// The assembler reads the file: as a literal it would cost the compiler seconds.
__asm__(
    ".section .rodata\n"
    ".global bittensor_dashboard_page\n"
    ".global bittensor_dashboard_page_end\n"
    "bittensor_dashboard_page:\n"
    ".incbin \"" BITTENSOR_DASHBOARD_PAGE
    "\"\n"
    "bittensor_dashboard_page_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const char bittensor_dashboard_page[];
extern const char bittensor_dashboard_page_end[];
}

namespace bittensor::internal {

absl::string_view dashboard_page() {
  return {bittensor_dashboard_page,
          static_cast<std::size_t>(bittensor_dashboard_page_end - bittensor_dashboard_page)};
}

}  // namespace bittensor::internal
