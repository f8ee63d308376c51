// SPDX-License-Identifier: MIT
#pragma once

#include "absl/strings/string_view.h"

namespace bittensor::internal {

// The dashboard's page, as the build made it of dashboard/; where npm was missing, one that says so
// and how to have it.
absl::string_view dashboard_page();

}  // namespace bittensor::internal
